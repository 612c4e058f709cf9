-- A passkey and the account that it signs in. record is the credential record of WebAuthn as JSON: public key, flags, counter.
CREATE TABLE identity_passkey (
    id        TEXT   PRIMARY KEY,
    person    TEXT   NOT NULL,
    host      TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    record    TEXT   NOT NULL,
    created   BIGINT NOT NULL,
    last_used BIGINT NOT NULL
);
CREATE INDEX identity_passkey_person ON identity_passkey (person);

-- Challenges that were answered, until they would be refused for their age: each is good once.
CREATE TABLE identity_passkey_spent (
    challenge TEXT   PRIMARY KEY,
    until     BIGINT NOT NULL
);
