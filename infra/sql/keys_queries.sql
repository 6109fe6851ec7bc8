-- What the data keys and the vault ask of their tables (infra/sql/keys.sql).

-- name: claim_kek
-- Which key-encryption key this database belongs to is settled once, by whoever is first.
INSERT INTO kek_in_use (kek_id) VALUES (%(kek_id)s) ON CONFLICT DO NOTHING;

-- name: kek_in_use
SELECT kek_id FROM kek_in_use;

-- name: data_key
SELECT wrapped FROM data_keys WHERE name = %(name)s;

-- name: add_data_key
-- The first one wins; the others read it.
INSERT INTO data_keys (name, wrapped, kek_id) VALUES (%(name)s, %(wrapped)s, %(kek_id)s)
ON CONFLICT (name) DO NOTHING;

-- name: destroy_data_key
-- Also for a name that was never used: it never will be.
INSERT INTO data_keys (name, wrapped, kek_id, destroyed_at)
VALUES (%(name)s, NULL, %(kek_id)s, now())
ON CONFLICT (name) DO UPDATE SET wrapped = NULL, destroyed_at = now()
WHERE data_keys.destroyed_at IS NULL;

-- name: subject
SELECT subject FROM vault_subjects WHERE lookup = %(lookup)s;

-- name: add_subject
INSERT INTO vault_subjects (subject, lookup, wrapped, kek_id)
VALUES (%(subject)s, %(lookup)s, %(wrapped)s, %(kek_id)s)
ON CONFLICT (lookup) DO NOTHING;

-- name: subject_key
-- The share lock makes an erasure wait until the text that is being kept can be seen and deleted.
SELECT wrapped FROM vault_subjects WHERE subject = %(subject)s FOR SHARE;

-- name: add_text
INSERT INTO vault_texts (reference, subject, sealed)
VALUES (%(reference)s, %(subject)s, %(sealed)s);

-- name: text
SELECT texts.subject, texts.sealed, subjects.wrapped
FROM vault_texts AS texts JOIN vault_subjects AS subjects USING (subject)
WHERE texts.reference = %(reference)s;

-- name: erase_subject
UPDATE vault_subjects SET wrapped = NULL, lookup = NULL, erased_at = now()
WHERE subject = %(subject)s AND erased_at IS NULL;

-- name: delete_texts
DELETE FROM vault_texts WHERE subject = %(subject)s;
