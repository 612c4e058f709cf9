-- Versions of rules. body and trial are JSON (rule.go); at is in microseconds UTC. At most one version of an id is live.
CREATE TABLE rule_version (
    id      TEXT   NOT NULL,
    version BIGINT NOT NULL,
    state   TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    author  TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    trial   TEXT   NOT NULL,
    PRIMARY KEY (id, version)
);
CREATE INDEX rule_version_state ON rule_version (state, id);
