-- Instances that were given to the history itself rather than to the current state, one row each. at is the time when the instance
-- was observed, in microseconds; of one that does not say, its seq counted from the least number there is.
CREATE TABLE temporal_instance (
  num BIGINT NOT NULL,
  attr BIGINT NOT NULL,
  dataset TEXT NOT NULL,
  at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  doc BYTEA NOT NULL,
  PRIMARY KEY (num, attr, dataset, at)
);

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
);

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
);
