-- Data keys, each wrapped by the key-encryption key, and the vault of personal data.
-- Deleting a key here destroys what it sealed, wherever copies of that are.

-- The one key-encryption key of this database: a second host with a key file of its own would
-- otherwise wrap keys that the first can't open.
CREATE TABLE kek_in_use (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    kek_id   text NOT NULL
);

-- One row per name ever used. A destroyed key leaves its row as a tombstone, so that its name
-- can't be used again. `kek_id` names the key-encryption key that wrapped it.
CREATE TABLE data_keys (
    name         text PRIMARY KEY,
    wrapped      bytea,
    kek_id       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
-- An overwritten row lies in the table's file until it is vacuumed: soon, for this one.
ALTER TABLE data_keys SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20
);

-- People and programs. `lookup` is a keyed hash of workspace and identity; it and the key go when
-- the subject is erased, and what stays says nothing about anybody.
CREATE TABLE vault_subjects (
    subject    uuid PRIMARY KEY,
    lookup     bytea UNIQUE,
    wrapped    bytea,
    kek_id     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    erased_at  timestamptz,
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL)),
    CHECK ((lookup IS NULL) = (erased_at IS NOT NULL))
);
ALTER TABLE vault_subjects SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20
);

-- Names, addresses and free text, each sealed with its subject's key.
CREATE TABLE vault_texts (
    reference  uuid PRIMARY KEY,
    subject    uuid NOT NULL REFERENCES vault_subjects (subject),
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX vault_texts_by_subject ON vault_texts (subject);
