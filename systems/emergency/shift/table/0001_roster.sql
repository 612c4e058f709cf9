CREATE TABLE emergency_roster (
    id TEXT NOT NULL PRIMARY KEY,
    unit TEXT NOT NULL,
    contact TEXT NOT NULL, -- of the register of contacts
    begins BIGINT NOT NULL,
    ends BIGINT NOT NULL
);
CREATE INDEX emergency_roster_unit ON emergency_roster (unit, ends);
