-- Revocation lists as they were signed. delta: 0 complete, 1 delta. base: the number of the complete list that a delta goes on from.
CREATE TABLE certificates_list (
  authority TEXT NOT NULL,
  shard BIGINT NOT NULL,
  delta BIGINT NOT NULL,
  number BIGINT NOT NULL,
  base BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  this_update BIGINT NOT NULL,
  next_update BIGINT NOT NULL,
  der BYTEA NOT NULL,
  PRIMARY KEY (authority, shard, delta)
);
