CREATE TABLE sharing_link (
	peer    TEXT NOT NULL PRIMARY KEY,
	made    BIGINT NOT NULL,
	acked   BIGINT NOT NULL,
	applied BIGINT NOT NULL,
	sent_at BIGINT NOT NULL,
	came_at BIGINT NOT NULL,
	live    BOOLEAN NOT NULL,
	since   BIGINT NOT NULL
);
CREATE TABLE sharing_outbox (
	peer TEXT NOT NULL,
	seq  BIGINT NOT NULL,
	kind TEXT NOT NULL,
	item TEXT NOT NULL,
	body BYTEA NOT NULL,
	at   BIGINT NOT NULL,
	PRIMARY KEY (peer, seq)
);
