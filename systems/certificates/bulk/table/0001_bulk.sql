-- Jobs that issue from lists. state: checked (a dry run was made), running, paused, done, dropped.
CREATE TABLE certificates_job (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  renewal BIGINT NOT NULL,
  state TEXT NOT NULL,
  total BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  issued BIGINT NOT NULL,
  had BIGINT NOT NULL,
  place BIGINT NOT NULL,
  made BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  unit TEXT NOT NULL,
  started BIGINT NOT NULL,
  started_by TEXT NOT NULL,
  ended BIGINT NOT NULL,
  busy_millis BIGINT NOT NULL
);
CREATE INDEX certificates_job_by ON certificates_job (made, id);

-- The lines of a job's list. state: 0 to do, 1 issued, 2 had its certificate already, 3 refused; said is why, in both languages.
CREATE TABLE certificates_job_line (
  job TEXT NOT NULL,
  line BIGINT NOT NULL,
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  organization TEXT NOT NULL,
  unit TEXT NOT NULL,
  code TEXT NOT NULL,
  request BYTEA NOT NULL,
  state BIGINT NOT NULL,
  said_zh TEXT NOT NULL,
  said_en TEXT NOT NULL,
  PRIMARY KEY (job, line)
);
CREATE INDEX certificates_job_refused ON certificates_job_line (job, line) WHERE state > 1;
