-- What was refused, kept for inspection. The newest ten thousand are kept.
CREATE TABLE safety_refused (
    num       BIGINT NOT NULL PRIMARY KEY,
    at        BIGINT NOT NULL,
    peer      TEXT   NOT NULL,
    protocol  TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    reason_en TEXT   NOT NULL,
    clause    TEXT   NOT NULL,
    place     BIGINT NOT NULL,
    body      BYTEA  NOT NULL
);
