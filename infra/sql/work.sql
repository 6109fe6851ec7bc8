-- Work under way. Everything here is operational: it can be lost and is made again from the log.

-- One row per outstanding piece of work. state: ready -> released (a message is on its way)
-- -> running (a worker holds the lease). The clock is the database's.
CREATE TABLE jobs (
    id          text PRIMARY KEY,
    export_id   uuid NOT NULL,
    workspace   text NOT NULL,
    weight      integer NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('extract', 'render', 'assemble')),
    small       boolean NOT NULL,
    attempt     integer NOT NULL,
    index       integer NOT NULL,
    file        text NOT NULL,
    state       text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'released', 'running')),
    worker      text,
    tries       integer NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX jobs_by_export ON jobs (export_id);
CREATE INDEX jobs_ready ON jobs (kind, not_before) WHERE state = 'ready';
CREATE INDEX jobs_taken ON jobs (lease_until) WHERE state <> 'ready';

-- Workers that said they are alive, with the room they have.
CREATE TABLE workers (
    id           text PRIMARY KEY,
    renders      integer NOT NULL,
    extractions  integer NOT NULL,
    seen_at      timestamptz NOT NULL DEFAULT now()
);

-- Exports that have not ended, so that the reaper can find those nobody works at.
CREATE TABLE open_exports (
    export_id  uuid PRIMARY KEY,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- When an ended export's files go.
CREATE TABLE expiries (
    export_id  uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX expiries_due ON expiries (expires_at);
