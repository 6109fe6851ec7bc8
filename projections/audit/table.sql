-- The audit: a row for each command and what came of it. {table} is the versioned name, such as
-- audit_v3. Rows that are not open never change again.
CREATE TABLE {table} (
    aggregate_id uuid NOT NULL,
    entry        integer NOT NULL,
    open         boolean NOT NULL,
    position     bigint NOT NULL,
    workspace    text NOT NULL,
    at           timestamptz NOT NULL,
    by           uuid,
    act          text NOT NULL,
    result       text NOT NULL,
    export_id    uuid,
    dataset      text,
    fields       jsonb NOT NULL,
    filter       jsonb,
    sentence     text,
    sheets       jsonb NOT NULL,
    purpose      uuid,
    files        jsonb NOT NULL,
    outcome      text,
    failure      text,
    ended_at     timestamptz,
    file         text,
    via          text,
    expires_at   timestamptz,
    number       integer,
    first        bigint,
    length       bigint,
    sent         bigint,
    problem      text,
    status       integer,
    omitted      integer,
    since        timestamptz,
    key_id       uuid,
    holder       uuid,
    scopes       jsonb NOT NULL,
    PRIMARY KEY (aggregate_id, entry)
) WITH (fillfactor = 80);

CREATE INDEX ON {table} (workspace, at DESC, position DESC);
CREATE INDEX ON {table} (workspace, by, at DESC, position DESC);
CREATE INDEX ON {table} (export_id, at DESC, position DESC);
