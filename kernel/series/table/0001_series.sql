-- The families; num numbers their raw rows, num + 1 their roll-ups.
CREATE TABLE series_family (
    num  BIGINT PRIMARY KEY,
    name TEXT   NOT NULL UNIQUE,
    body TEXT   NOT NULL
);

-- One row a batch, as it arrived; gone once all of it stands in series_chunk.
CREATE TABLE series_blob (
    family  BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    samples BIGINT NOT NULL,
    body    BYTEA  NOT NULL,
    PRIMARY KEY (family, seq)
);

-- One row a day and 64 neighbouring keys after compaction, several before. seq is the number of
-- the flush that wrote the row, drawn from the batches' numbers: a row contains earlier batches only, and later rows win.
CREATE TABLE series_chunk (
    family  BIGINT NOT NULL,
    day     BIGINT NOT NULL,
    block   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    series  BIGINT NOT NULL,
    samples BIGINT NOT NULL,
    body    BYTEA  NOT NULL,
    PRIMARY KEY (family, day, block, seq)
);
-- One key over many days.
CREATE INDEX series_chunk_block ON series_chunk (family, block, day, seq);

-- flushed: batches up to this one are contained in series_chunk. parts: a block may have several rows.
-- rollup: 0 raw, else the period in microseconds of what is kept instead, -1 where nothing is kept.
CREATE TABLE series_day (
    family       BIGINT  NOT NULL,
    day          BIGINT  NOT NULL,
    flushed      BIGINT  NOT NULL,
    parts        BOOLEAN NOT NULL,
    compacted_at BIGINT  NOT NULL,
    rollup       BIGINT  NOT NULL,
    PRIMARY KEY (family, day)
);
