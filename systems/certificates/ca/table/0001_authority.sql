-- Issuing authorities. state: requested (key made, certificate not signed yet), active, retired. chain: PEM from its own certificate to the root's.
CREATE TABLE certificates_authority (
  id TEXT NOT NULL PRIMARY KEY,
  family TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  state TEXT NOT NULL,
  csr BYTEA NOT NULL,
  chain BYTEA NOT NULL,
  responder_key TEXT NOT NULL,
  responder BYTEA NOT NULL,
  issued BIGINT NOT NULL,
  made BIGINT NOT NULL
);
-- One active authority for each family of subjects and algorithm.
CREATE UNIQUE INDEX certificates_authority_one ON certificates_authority (family, algorithm) WHERE state = 'active';

-- Certificates as they were issued, and their standing. state: 1 valid, 2 suspended, 3 revoked, 4 expired. Times are microseconds.
CREATE TABLE certificates_certificate (
  serial TEXT NOT NULL PRIMARY KEY,
  authority TEXT NOT NULL,
  kind TEXT NOT NULL,
  key_use TEXT NOT NULL,
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  single BIGINT NOT NULL,
  algorithm TEXT NOT NULL,
  ordered TEXT,
  not_before BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  state BIGINT NOT NULL,
  reason BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  shard BIGINT NOT NULL,
  leaf BIGINT NOT NULL,
  der BYTEA NOT NULL,
  envelope BYTEA NOT NULL,
  escrow TEXT NOT NULL
);
-- The plan's "one certificate each", where no program can go round it: one standing certificate a kind, subject and use of the key.
CREATE UNIQUE INDEX certificates_one ON certificates_certificate (subject, kind, key_use) WHERE single = 1 AND state < 3;
CREATE UNIQUE INDEX certificates_ordered ON certificates_certificate (ordered) WHERE ordered IS NOT NULL;
CREATE INDEX certificates_by_subject ON certificates_certificate (subject, kind);
CREATE INDEX certificates_by_kind ON certificates_certificate (kind, state, leaf);
CREATE INDEX certificates_ending ON certificates_certificate (not_after) WHERE state < 3;
CREATE INDEX certificates_by_leaf ON certificates_certificate (leaf);
CREATE INDEX certificates_revoked ON certificates_certificate (authority, shard) WHERE state = 2 OR state = 3;

-- What became of a certificate, in order.
CREATE TABLE certificates_event (
  serial TEXT NOT NULL,
  at BIGINT NOT NULL,
  number BIGINT NOT NULL,
  verb TEXT NOT NULL,
  reason BIGINT NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (serial, number)
);

-- The roots that the authorities hang from, with the newest revocation list of each. The keys are elsewhere.
CREATE TABLE certificates_root (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  der BYTEA NOT NULL,
  list BYTEA NOT NULL,
  list_next BIGINT NOT NULL,
  made BIGINT NOT NULL
);
