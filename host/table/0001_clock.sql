-- By how many microseconds the plan's clock was moved on the first day of this database; one row.
CREATE TABLE host_clock (
  id    BIGINT NOT NULL PRIMARY KEY,
  shift BIGINT NOT NULL
);
