-- Who was warned of the end of a certificate: once for each number of days before it. at: microseconds; message: the notice, '' where a nearer
-- warning took its place.
CREATE TABLE certificates_warned (
  days BIGINT NOT NULL,
  serial TEXT NOT NULL,
  at BIGINT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (days, serial)
);
CREATE INDEX certificates_warned_at ON certificates_warned (days, at) WHERE message <> '';
