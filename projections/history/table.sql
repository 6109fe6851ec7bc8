-- The history of exports. {table} is the versioned name, such as history_v3; columns after
-- `position` follow from the others and are kept so that SQL alone can answer.
-- Counters change with each chunk: room in the page keeps such updates out of the indexes.
CREATE TABLE {table} (
    export_id      uuid PRIMARY KEY,
    workspace      text NOT NULL,
    requested_by   uuid NOT NULL,
    purpose        uuid,
    dataset        text NOT NULL,
    dataset_label  text,
    fields         jsonb NOT NULL,
    sentence       text,
    sheets         jsonb NOT NULL,
    files          jsonb NOT NULL,
    priority       text NOT NULL,
    extracting     boolean NOT NULL,
    paused         boolean NOT NULL,
    ending         text,
    reason         text,
    detail         uuid,
    attempt        integer NOT NULL,
    retries        integer NOT NULL,
    row_cap        bigint,
    estimated_rows bigint,
    matched        bigint,
    rows_total     bigint,
    rows_staged    bigint NOT NULL,
    bytes_staged   bigint NOT NULL,
    chunks_staged  integer NOT NULL,
    chunks_total   integer,
    requested_at   timestamptz NOT NULL,
    started_at     timestamptz,
    ended_at       timestamptz,
    expires_at     timestamptz,
    expired_at     timestamptz,
    changed_at     timestamptz NOT NULL,
    version        integer NOT NULL,
    position       bigint NOT NULL,
    status         text NOT NULL,
    parts_rendered bigint NOT NULL,
    parts_total    bigint,
    rows_written   bigint NOT NULL,
    rows_rejected  bigint NOT NULL,
    bytes_written  bigint NOT NULL,
    searched       text NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX ON {table} (workspace, requested_at DESC, export_id DESC);
CREATE INDEX ON {table} (workspace, status, requested_at DESC, export_id DESC);
