-- Who may call the API (infra/access.py). The clock is the database's.

-- name: authenticate
SELECT id, workspace, principal, label, scopes, created_at, expires_at, revoked_at, used_at
FROM api_keys
WHERE hash = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());

-- name: note_use
UPDATE api_keys SET used_at = now()
WHERE id = %s AND (used_at IS NULL OR used_at < now() - interval '1 minute');

-- name: create
INSERT INTO api_keys (id, workspace, principal, label, hash, scopes, expires_at)
VALUES (%(id)s, %(workspace)s, %(principal)s, %(label)s, %(hash)s, %(scopes)s, %(expires_at)s)
RETURNING id, workspace, principal, label, scopes, created_at, expires_at, revoked_at, used_at;

-- name: list
SELECT id, workspace, principal, label, scopes, created_at, expires_at, revoked_at, used_at
FROM api_keys WHERE workspace = %s ORDER BY created_at, id;

-- name: lock_usable
SELECT id, scopes FROM api_keys
WHERE workspace = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
ORDER BY id FOR UPDATE;

-- name: known
SELECT 1 FROM api_keys WHERE workspace = %s AND id = %s;

-- name: revoke
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s;

-- name: one_first_key_at_a_time
-- 7301001 to 7301003 are the migrations', the relay's and the event store's.
SELECT pg_advisory_xact_lock(7301004);

-- name: usable
SELECT 1 FROM api_keys
WHERE workspace = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
LIMIT 1;
