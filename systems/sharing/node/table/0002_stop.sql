CREATE TABLE sharing_stop (
	peer    TEXT NOT NULL,
	size    BIGINT NOT NULL,
	root    BYTEA NOT NULL,
	note    TEXT NOT NULL,
	at      BIGINT NOT NULL,
	decided BIGINT NOT NULL,
	PRIMARY KEY (peer, size, root)
);
