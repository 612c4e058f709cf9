-- What came of an order for each of its meters: the slots that were missing before it was asked, and after.
CREATE TABLE grid_reread_meter (
    reread       TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    concentrator TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    gaps         BIGINT NOT NULL,
    still        BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    PRIMARY KEY (reread, address)
);
