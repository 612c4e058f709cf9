-- Notices. Times are microseconds UTC, 0 where there is none; title and body are JSON of both languages.
CREATE TABLE notice_message (
    id       TEXT   NOT NULL PRIMARY KEY,
    about    TEXT   NOT NULL,
    title    TEXT   NOT NULL,
    body     TEXT   NOT NULL,
    link     TEXT   NOT NULL,
    priority BIGINT NOT NULL,
    ackby    BIGINT NOT NULL, -- microseconds to answer in, 0: no answer is wanted
    made     BIGINT NOT NULL,
    recalled BIGINT NOT NULL,
    told     BIGINT NOT NULL, -- people it is for, over all levels
    missed   BIGINT NOT NULL  -- of them unanswered in time
);
CREATE INDEX notice_message_about ON notice_message (about);

-- One person who is told. who is JSON of the contact as they were then; it is emptied when the contact is erased.
-- due is when something is to be done with it: when it is sent, sent again, or its sender is taken for dead; 0: nothing more.
-- watch is when its answer is looked for; 0: it is not.
CREATE TABLE notice_delivery (
    id       TEXT   NOT NULL PRIMARY KEY,
    message  TEXT   NOT NULL,
    about    TEXT   NOT NULL,
    level    BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    contact  TEXT   NOT NULL,
    person   TEXT   NOT NULL,
    who      TEXT   NOT NULL,
    way      BIGINT NOT NULL,
    channel  TEXT   NOT NULL,
    address  TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    tries    BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    watch    BIGINT NOT NULL,
    made     BIGINT NOT NULL,
    told     BIGINT NOT NULL,
    escaped  BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    answer   TEXT   NOT NULL,
    answerer TEXT   NOT NULL,
    receipt  TEXT   NOT NULL,
    reason   TEXT   NOT NULL
);
CREATE INDEX notice_delivery_due ON notice_delivery (channel, priority, due) WHERE due > 0;
CREATE INDEX notice_delivery_watch ON notice_delivery (watch) WHERE watch > 0;
CREATE INDEX notice_delivery_message ON notice_delivery (message, level);
CREATE INDEX notice_delivery_about ON notice_delivery (about, id);
CREATE INDEX notice_delivery_contact ON notice_delivery (contact, id);
CREATE INDEX notice_delivery_person ON notice_delivery (person, id);
CREATE INDEX notice_delivery_address ON notice_delivery (channel, address, told);

-- What answers a delivery: SHA-256 of the token. A delivery that was sent twice has two; the first answer ends both.
CREATE TABLE notice_token (
    hash     BYTEA  NOT NULL PRIMARY KEY,
    delivery TEXT   NOT NULL
);

-- What would have been sent where a channel is not configured.
CREATE TABLE notice_record (
    id       TEXT   NOT NULL PRIMARY KEY,
    channel  TEXT   NOT NULL,
    address  TEXT   NOT NULL,
    title    TEXT   NOT NULL,
    body     TEXT   NOT NULL,
    link     TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    repeated BIGINT NOT NULL -- how often the same key came again
);
CREATE INDEX notice_record_at ON notice_record (at, id);

-- People who are told. ways is JSON.
CREATE TABLE notice_contact (
    id      TEXT   NOT NULL PRIMARY KEY,
    name_zh TEXT   NOT NULL,
    name_en TEXT   NOT NULL,
    unit    TEXT   NOT NULL,
    area    TEXT   NOT NULL,
    grp     TEXT   NOT NULL,
    duty    TEXT   NOT NULL,
    person  TEXT   NOT NULL,
    lang    TEXT   NOT NULL,
    ways    TEXT   NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX notice_contact_duty ON notice_contact (duty, unit, area, grp);
