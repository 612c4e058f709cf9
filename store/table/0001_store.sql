-- Maintained counts: counted where the rows change, in the same transaction, never scanned.
CREATE TABLE store_count (
  counter TEXT NOT NULL,
  key TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (counter, key)
);

-- Sequences: the last number given.
CREATE TABLE store_sequence (
  name TEXT NOT NULL PRIMARY KEY,
  n BIGINT NOT NULL
);
