-- Checklists: every version that was issued.
CREATE TABLE safety_inspect_list (
    id      TEXT   NOT NULL,
    version BIGINT NOT NULL,
    body    TEXT   NOT NULL,
    PRIMARY KEY (id, version)
);

-- Those who may be drawn.
CREATE TABLE safety_inspect_inspector (
    id     TEXT    NOT NULL PRIMARY KEY,
    name   TEXT    NOT NULL,
    active BOOLEAN NOT NULL
);

-- Plans and draws, with their seeds and candidates.
CREATE TABLE safety_inspect_plan (
    id   TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

-- Tasks. day counts days since 1970-01-01 in China; done is 0 while it is to be done, microseconds UTC. state is planned, done or cancelled.
CREATE TABLE safety_inspect_task (
    id       TEXT   NOT NULL PRIMARY KEY,
    plan     TEXT   NOT NULL,
    plant    TEXT   NOT NULL,
    district TEXT   NOT NULL,
    day      BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    done     BIGINT NOT NULL,
    body     TEXT   NOT NULL
);
CREATE INDEX safety_inspect_task_day ON safety_inspect_task (day, id);
CREATE INDEX safety_inspect_task_plant ON safety_inspect_task (plant, day);

-- Requests for more time. state is asked, approved or refused.
CREATE TABLE safety_inspect_extension (
    id    TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    body  TEXT NOT NULL
);
CREATE INDEX safety_inspect_extension_subject ON safety_inspect_extension (subject, id);
