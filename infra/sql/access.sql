-- Who may call the API. Only a hash of each key is kept.
CREATE TABLE api_keys (
    id          uuid PRIMARY KEY,
    workspace   text NOT NULL,
    principal   uuid NOT NULL,
    label       text NOT NULL,
    hash        bytea NOT NULL UNIQUE,
    scopes      text[] NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,
    revoked_at  timestamptz,
    used_at     timestamptz
);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace, created_at);
