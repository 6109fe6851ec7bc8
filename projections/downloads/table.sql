-- Who fetched what. {table} is the versioned name, such as downloads_v3; `complete` follows from
-- the other columns and is kept so that SQL alone can answer.
CREATE TABLE {table} (
    download_id     uuid PRIMARY KEY,
    workspace       text NOT NULL,
    export_id       uuid NOT NULL,
    file            text NOT NULL,
    granted_to      uuid NOT NULL,
    via             text NOT NULL,
    granted_at      timestamptz NOT NULL,
    expires_at      timestamptz,
    transfers       integer NOT NULL,
    bytes_sent      bigint NOT NULL,
    asked_to        bigint NOT NULL,
    sent            jsonb NOT NULL,
    open            jsonb NOT NULL,
    last_started_at timestamptz,
    last_ended_at   timestamptz,
    version         integer NOT NULL,
    position        bigint NOT NULL,
    complete        boolean NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX ON {table} (workspace, export_id, granted_at DESC, download_id DESC);
