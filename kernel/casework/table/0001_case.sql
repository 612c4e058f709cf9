-- Cases. Times are microseconds UTC, 0 where there is none; fields is JSON; search is what the text filter looks in, folded.
-- lines and hash are those of the newest line of the timeline.
CREATE TABLE case_case (
    id      TEXT   NOT NULL PRIMARY KEY,
    number  TEXT   NOT NULL UNIQUE,
    kind    TEXT   NOT NULL,
    stage   TEXT   NOT NULL,
    title   TEXT   NOT NULL,
    level   BIGINT NOT NULL,
    unit    TEXT   NOT NULL,
    area    TEXT   NOT NULL,
    holder  TEXT   NOT NULL,
    opened  BIGINT NOT NULL,
    entered BIGINT NOT NULL,
    due     BIGINT NOT NULL,
    closed  BIGINT NOT NULL,
    late    BIGINT NOT NULL,
    grp     TEXT   NOT NULL,
    parent  TEXT   NOT NULL,
    fields  TEXT   NOT NULL,
    offered TEXT   NOT NULL,
    version BIGINT NOT NULL,
    search  TEXT   NOT NULL,
    lines   BIGINT NOT NULL,
    hash    TEXT   NOT NULL
);
CREATE INDEX case_case_open ON case_case (closed, due);
CREATE INDEX case_case_opened ON case_case (opened, id);
CREATE INDEX case_case_parent ON case_case (parent);
CREATE INDEX case_case_grp ON case_case (grp, opened);

-- The timeline. A row is written once; its hash stands in the journal (line.go).
CREATE TABLE case_line (
    casefile TEXT   NOT NULL,
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    unit     TEXT   NOT NULL,
    verb     TEXT   NOT NULL,
    text     TEXT   NOT NULL,
    fields   TEXT   NOT NULL,
    file     TEXT   NOT NULL,
    sum      TEXT   NOT NULL,
    prev     TEXT   NOT NULL,
    hash     TEXT   NOT NULL,
    PRIMARY KEY (casefile, seq)
);

-- Who has or had a case, and so may see it: "unit:…", "person:…".
CREATE TABLE case_party (
    party    TEXT NOT NULL,
    casefile TEXT NOT NULL,
    PRIMARY KEY (party, casefile)
);

-- Attachments, their content in pieces. Pieces without a row in case_file are of an upload that was cut off.
CREATE TABLE case_file (
    id       TEXT   NOT NULL PRIMARY KEY,
    casefile TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    media    TEXT   NOT NULL,
    size     BIGINT NOT NULL,
    sum      TEXT   NOT NULL
);
CREATE INDEX case_file_case ON case_file (casefile);
CREATE TABLE case_piece (
    file TEXT   NOT NULL,
    num  BIGINT NOT NULL,
    body BYTEA  NOT NULL,
    PRIMARY KEY (file, num)
);
