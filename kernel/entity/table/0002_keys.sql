-- Tables that are nothing but keys: the second and further types of an entity, and the values of indexed attributes.
CREATE TABLE entity_type (
  type BIGINT NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (type, num)
);
CREATE TABLE entity_text (
  key BIGINT NOT NULL,
  value TEXT NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (key, value, num)
);
CREATE TABLE entity_number (
  key BIGINT NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (key, value, num)
);
