-- The meters' days that are to be passed again: readings came for them after they were passed, or a person edited them.
CREATE TABLE grid_vee_late (
    day   BIGINT NOT NULL,
    meter BIGINT NOT NULL,
    PRIMARY KEY (day, meter)
);
