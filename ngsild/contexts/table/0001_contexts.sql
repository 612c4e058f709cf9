-- Documents of @contexts: hosted by clients, cached from elsewhere, created for answers that need a URL.
CREATE TABLE contexts_doc (
  id TEXT NOT NULL PRIMARY KEY,
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL,
  url TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  doc BYTEA NOT NULL
);
CREATE INDEX contexts_doc_url ON contexts_doc (url);
