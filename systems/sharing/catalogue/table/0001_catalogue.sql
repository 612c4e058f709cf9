CREATE TABLE sharing_resource (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    unit TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    published BIGINT NOT NULL,
    doc TEXT NOT NULL
);

CREATE TABLE sharing_resource_version (
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    note TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (id, version)
);

CREATE TABLE sharing_system (
    id TEXT NOT NULL PRIMARY KEY,
    unit TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    main BOOLEAN NOT NULL
);
