-- One message of a warning: the alert itself, its updates, its cancellation. Messages of one warning share root. Times are microseconds UTC,
-- 0 where there is none. content is JSON; cap and gb are the documents as issued, and never change afterwards.
CREATE TABLE emergency_warning (
    id         TEXT   NOT NULL PRIMARY KEY,
    root       TEXT   NOT NULL,
    version    BIGINT NOT NULL, -- of the message within its warning, from 1
    refers     TEXT   NOT NULL, -- id of the message that it follows
    state      TEXT   NOT NULL, -- draft, submitted, issued, superseded, cancelled, expired, dropped, notice (a cancellation that was issued)
    msgtype    TEXT   NOT NULL, -- Alert, Update, Cancel
    exercise   BIGINT NOT NULL, -- 1: a drill
    event      TEXT   NOT NULL,
    colour     TEXT   NOT NULL,
    unit       TEXT   NOT NULL,
    author     TEXT   NOT NULL,
    approver   TEXT   NOT NULL,
    identifier TEXT   NOT NULL, -- '' until issued
    origin     TEXT   NOT NULL, -- identifier of the alert that it relays
    made       BIGINT NOT NULL,
    changed    BIGINT NOT NULL, -- counts every change: two hands must not change one message at once
    issued     BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    ended      BIGINT NOT NULL,
    reason     TEXT   NOT NULL, -- why it was sent back, or dropped
    content    TEXT   NOT NULL,
    cap        TEXT   NOT NULL,
    gb         TEXT   NOT NULL
);

CREATE INDEX emergency_warning_made ON emergency_warning (made, id);

CREATE INDEX emergency_warning_state ON emergency_warning (state, expires);

CREATE INDEX emergency_warning_root ON emergency_warning (root, version);

CREATE INDEX emergency_warning_identifier ON emergency_warning (identifier);

CREATE INDEX emergency_warning_origin ON emergency_warning (origin);
