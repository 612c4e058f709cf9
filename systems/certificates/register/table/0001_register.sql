-- Subjects: who may have a certificate. digest is a keyed digest of the number of an identity paper; the number itself is kept nowhere. tail:
-- its last four characters, by which an officer tells two people of one name apart.
CREATE TABLE certificates_subject (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  organization TEXT NOT NULL,
  unit TEXT NOT NULL,
  code TEXT NOT NULL,
  digest BYTEA,
  tail TEXT NOT NULL,
  registered BIGINT NOT NULL,
  registered_by TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE UNIQUE INDEX certificates_subject_digest ON certificates_subject (kind, digest) WHERE digest IS NOT NULL;
CREATE INDEX certificates_subject_name ON certificates_subject (kind, name);

-- Applications. state: submitted, approved (waits for the holder's key), issued, refused. code: digest of the one-time code for the holder.
CREATE TABLE certificates_application (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  renewal BIGINT NOT NULL,
  seen TEXT NOT NULL,
  manner TEXT NOT NULL,
  seen_by TEXT NOT NULL,
  unit TEXT NOT NULL,
  high BIGINT NOT NULL,
  csr BYTEA NOT NULL,
  code BYTEA NOT NULL,
  state TEXT NOT NULL,
  asked BIGINT NOT NULL,
  decided BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  serial TEXT NOT NULL
);
CREATE INDEX certificates_application_by ON certificates_application (state, asked, id);
CREATE UNIQUE INDEX certificates_application_open ON certificates_application (kind, subject) WHERE state = 'submitted' OR state = 'approved';
