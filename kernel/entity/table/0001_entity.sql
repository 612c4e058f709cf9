-- Names of types, attributes and units, by the number that documents hold.
CREATE TABLE entity_name (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- One row an entity. What was deleted stays as a row of type 0 without a document, so that an id keeps its number for ever.
CREATE TABLE entity (
  num BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type BIGINT NOT NULL,
  owner TEXT NOT NULL,
  version BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  cell BIGINT,
  doc BYTEA
);
CREATE INDEX entity_by_type ON entity (type, num);
CREATE INDEX entity_by_owner ON entity (owner, num);
CREATE INDEX entity_by_cell ON entity (cell, num) WHERE cell IS NOT NULL;

-- Attributes that a model marks "x-index".
CREATE TABLE entity_index (
  key BIGINT PRIMARY KEY,
  type BIGINT NOT NULL,
  attr BIGINT NOT NULL,
  ready BOOLEAN NOT NULL,
  UNIQUE (type, attr)
);

-- History: one row a change, with the document after it. names holds the numbers of the attributes touched.
CREATE TABLE entity_change (
  num BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  verb BIGINT NOT NULL,
  at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  owner TEXT NOT NULL,
  names BYTEA NOT NULL,
  doc BYTEA NOT NULL,
  PRIMARY KEY (num, seq)
);
