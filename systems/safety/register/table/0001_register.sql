-- The register of plants. body is JSON: what nobody searches by in SQL, since the whole register lies in memory.
CREATE TABLE safety_plant (
    code TEXT   NOT NULL PRIMARY KEY,
    num  BIGINT NOT NULL,
    body TEXT   NOT NULL
);

CREATE TABLE safety_unit (
    plant TEXT NOT NULL,
    code  TEXT NOT NULL,
    body  TEXT NOT NULL,
    PRIMARY KEY (plant, code)
);

CREATE TABLE safety_point (
    num   BIGINT NOT NULL PRIMARY KEY,
    plant TEXT   NOT NULL,
    name  TEXT   NOT NULL,
    body  TEXT   NOT NULL
);
CREATE UNIQUE INDEX safety_point_name ON safety_point (plant, name);
