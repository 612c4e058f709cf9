-- Why: without row ids SQLite keeps rows in the order of their keys, so that a range of instances is read in one go and keys are kept once.
CREATE TABLE temporal_instance (
  num BIGINT NOT NULL,
  attr BIGINT NOT NULL,
  dataset TEXT NOT NULL,
  at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  doc BYTEA NOT NULL,
  PRIMARY KEY (num, attr, dataset, at)
) WITHOUT ROWID;

-- What is known of an entity apart from the current state: types and scope of those that are gone, or never were in it.
CREATE TABLE temporal_entity (
  num BIGINT PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  created BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  deleted BIGINT NOT NULL,
  doc BYTEA NOT NULL
);
CREATE INDEX temporal_entity_by_tenant ON temporal_entity (tenant, num);

CREATE TABLE temporal_type (
  type BIGINT NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (type, num)
) WITHOUT ROWID;

-- Gauges whose values up to a time were deleted from the history.
CREATE TABLE temporal_forgotten (
  key BIGINT PRIMARY KEY,
  upto BIGINT NOT NULL
);

-- Single values of gauges that were deleted from the history and are still the current ones.
CREATE TABLE temporal_hidden (
  key BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (key, at)
) WITHOUT ROWID;
