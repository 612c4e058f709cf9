-- One row: how often entities of meters were changed, and at which of these numbers, and with how many meters, the archive was packed
-- (packed -1: not).
CREATE TABLE grid_shelf (
    id      BIGINT NOT NULL PRIMARY KEY,
    changed BIGINT NOT NULL,
    packed  BIGINT NOT NULL,
    meters  BIGINT NOT NULL
);
INSERT INTO grid_shelf (id, changed, packed, meters) VALUES (1, 0, -1, 0);

-- The packed archive, in pieces.
CREATE TABLE grid_shelf_piece (
    num  BIGINT NOT NULL PRIMARY KEY,
    body BYTEA  NOT NULL
);
