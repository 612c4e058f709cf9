-- Whose certificate signs in as whom. holder is the kind and internal number of the certificate's subject, so that a renewed certificate
-- goes on working.
CREATE TABLE identity_holder (
    holder TEXT   PRIMARY KEY,
    person TEXT   NOT NULL UNIQUE,
    serial TEXT   NOT NULL,
    bound  BIGINT NOT NULL
);

-- Tickets that were used, until they would be refused for their age: each is good once.
CREATE TABLE identity_holder_spent (
    ticket TEXT   PRIMARY KEY,
    until  BIGINT NOT NULL
);
