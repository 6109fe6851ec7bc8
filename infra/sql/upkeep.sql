-- What keeps the table of work fair and the file store tidy; operational like the rest of it.

-- Jobs that wait for places of the same kind; see domain.leases.Lane.
ALTER TABLE jobs ADD COLUMN lane text GENERATED ALWAYS AS
    (CASE WHEN small AND kind <> 'render' THEN kind || '-small' ELSE kind END) STORED;
CREATE INDEX jobs_by_lane ON jobs (lane, export_id);

-- Leases of this job that ran out, as its worker died. Unlike tries it counts no other fault.
ALTER TABLE jobs ADD COLUMN deaths integer NOT NULL DEFAULT 0;

-- Ended exports whose leftovers are not collected yet.
CREATE TABLE sweeps (
    export_id  uuid PRIMARY KEY,
    due_at     timestamptz NOT NULL
);
CREATE INDEX sweeps_due ON sweeps (due_at);
