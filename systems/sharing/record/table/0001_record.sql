CREATE TABLE sharing_record (
	leaf     BIGINT NOT NULL PRIMARY KEY,
	call     TEXT NOT NULL,
	side     TEXT NOT NULL,
	at       BIGINT NOT NULL,
	caller   TEXT NOT NULL,
	provider TEXT NOT NULL,
	status   BIGINT NOT NULL,
	asked    BYTEA NOT NULL,
	answer   BYTEA NOT NULL,
	UNIQUE (call, side)
);
CREATE TABLE sharing_body (
	leaf   BIGINT NOT NULL PRIMARY KEY,
	asked  BYTEA NOT NULL,
	answer BYTEA NOT NULL
);
CREATE TABLE sharing_stamp (
	size   BIGINT NOT NULL PRIMARY KEY,
	note   TEXT NOT NULL,
	token  BYTEA NOT NULL,
	source TEXT NOT NULL,
	at     BIGINT NOT NULL
);
