-- The tenants that were ever written to; the city's common context is none of them.
CREATE TABLE entity_tenant (
  name TEXT PRIMARY KEY,
  since BIGINT NOT NULL
);

-- Which entities, or attributes of theirs, expire next, and when (ETSI GS CIM 009 4.22).
CREATE TABLE entity_expiry (
  num BIGINT PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX entity_expiry_by_time ON entity_expiry (at, num);

-- The gauges that an attribute instance is or was: the series under the key holds values from then on.
CREATE TABLE entity_gauge (
  num BIGINT NOT NULL,
  attr BIGINT NOT NULL,
  dataset TEXT NOT NULL,
  key BIGINT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (num, attr, dataset, key)
);
