CREATE TABLE sharing_self (
	id       BIGINT NOT NULL PRIMARY KEY,
	member   TEXT NOT NULL,
	node_key TEXT NOT NULL,
	list_key TEXT NOT NULL,
	root     BYTEA NOT NULL,
	registry TEXT NOT NULL
);
CREATE TABLE sharing_witness (
	peer TEXT NOT NULL,
	size BIGINT NOT NULL,
	root BYTEA NOT NULL,
	note TEXT NOT NULL,
	at   BIGINT NOT NULL,
	PRIMARY KEY (peer, size)
);
