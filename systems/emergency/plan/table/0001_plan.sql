CREATE TABLE emergency_plan (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    class TEXT NOT NULL, -- of incidents; empty for all
    level BIGINT NOT NULL, -- for this level and graver ones; 4 for all
    state TEXT NOT NULL, -- draft, approved, retired
    tasks TEXT NOT NULL, -- JSON
    needs TEXT NOT NULL, -- JSON
    maker TEXT NOT NULL,
    made BIGINT NOT NULL,
    approver TEXT NOT NULL,
    approved BIGINT NOT NULL
);
CREATE UNIQUE INDEX emergency_plan_version ON emergency_plan (code, version);

CREATE TABLE emergency_task (
    id TEXT NOT NULL PRIMARY KEY,
    incident TEXT NOT NULL,
    plan TEXT NOT NULL,
    num BIGINT NOT NULL,
    unit TEXT NOT NULL,
    words TEXT NOT NULL,
    state TEXT NOT NULL, -- open, done, skipped
    due BIGINT NOT NULL,
    made BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    who TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX emergency_task_incident ON emergency_task (incident, due, num);
