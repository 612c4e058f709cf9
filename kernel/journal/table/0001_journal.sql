-- One row an act, and one row that says where the chain ends. prev and hash are 32 bytes, SHA-256.
CREATE TABLE journal_entry (
    seq       BIGINT PRIMARY KEY,
    at        BIGINT NOT NULL,
    actor     TEXT   NOT NULL,
    unit      TEXT   NOT NULL,
    authority TEXT   NOT NULL,
    verb      TEXT   NOT NULL,
    object    TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    prev      BYTEA  NOT NULL,
    hash      BYTEA  NOT NULL
);
CREATE INDEX journal_entry_object ON journal_entry (object, seq);
CREATE INDEX journal_entry_actor ON journal_entry (actor, seq);
CREATE INDEX journal_entry_at ON journal_entry (at, seq);

CREATE TABLE journal_head (
    id   BIGINT PRIMARY KEY CHECK (id = 1),
    seq  BIGINT NOT NULL,
    hash BYTEA
);
-- No hash stands for the 32 zero bytes before the first entry: there is no bytes literal that both engines read.
INSERT INTO journal_head (id, seq, hash) VALUES (1, 0, NULL);
