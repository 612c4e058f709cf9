CREATE TABLE sharing_statement (
	member    TEXT NOT NULL,
	version   BIGINT NOT NULL,
	body      BYTEA NOT NULL,
	signature BYTEA NOT NULL,
	PRIMARY KEY (member, version)
);
CREATE TABLE sharing_list (
	id        BIGINT NOT NULL PRIMARY KEY,
	body      BYTEA NOT NULL,
	signature BYTEA NOT NULL
);
CREATE TABLE sharing_invitation (
	id     TEXT NOT NULL PRIMARY KEY,
	member TEXT NOT NULL,
	secret BYTEA NOT NULL,
	entry  BYTEA NOT NULL,
	until  BIGINT NOT NULL,
	used   BIGINT NOT NULL
);
