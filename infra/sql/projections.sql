-- The read models' bookkeeping (docs/adr/0007). Their own tables are versioned, such as
-- history_v3, and made from projections/*/table.sql: a rebuild fills the next version beside the
-- live one.

-- Which version of each read model is live: a rebuild switches in this one row. `shape` tells
-- which definition the live table was made from. `applied_through`: every event up to this
-- position of the log is in the live table, perhaps later ones too.
CREATE TABLE read_model_tables (
    projection      text PRIMARY KEY,
    live            integer NOT NULL,
    shape           text NOT NULL,
    applied_through bigint NOT NULL DEFAULT 0,
    switched_at     timestamptz NOT NULL DEFAULT now()
);

-- How much of each aggregate a table holds: its events up to `version`, the last of which lies at
-- `position` in the log. Written with the rows, in their transaction.
CREATE TABLE projected (
    projection    text NOT NULL,
    table_version integer NOT NULL,
    aggregate_id  uuid NOT NULL,
    version       integer NOT NULL,
    position      bigint NOT NULL,
    PRIMARY KEY (projection, table_version, aggregate_id)
) WITH (fillfactor = 80);
