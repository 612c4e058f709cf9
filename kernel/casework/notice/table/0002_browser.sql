-- Secrets of the program that all its instances share: the key that web push is signed with.
CREATE TABLE notice_key (
    name TEXT NOT NULL PRIMARY KEY,
    key  TEXT NOT NULL
);
CREATE INDEX notice_contact_person ON notice_contact (person) WHERE person <> '';
