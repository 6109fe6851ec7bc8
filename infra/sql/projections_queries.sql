-- What the projector, the rebuild and the readers ask of the bookkeeping
-- (infra/sql/projections.sql) and of the read models' tables.

-- name: claim
-- Whoever is first makes version 1 of the table in the same transaction; others wait for it.
INSERT INTO read_model_tables (projection, live, shape)
VALUES (%(projection)s, 1, %(shape)s)
ON CONFLICT DO NOTHING RETURNING live;

-- name: live
SELECT live, shape, applied_through FROM read_model_tables WHERE projection = %(projection)s;

-- name: applied
-- What the live table holds of one aggregate.
SELECT live, shape, coalesce(version, 0) AS version
FROM read_model_tables AS tables
LEFT JOIN projected
  ON projected.projection = tables.projection
  AND table_version = live
  AND aggregate_id = %(aggregate_id)s
WHERE tables.projection = %(projection)s;

-- name: versions
-- What the live table holds of several aggregates.
SELECT aggregate_id, version
FROM read_model_tables AS tables
JOIN projected ON projected.projection = tables.projection AND table_version = live
WHERE tables.projection = %(projection)s AND aggregate_id = ANY (%(aggregate_ids)s::uuid[]);

-- name: advance
-- Not when another table went live since `live` was read.
UPDATE read_model_tables SET applied_through = %(position)s
WHERE projection = %(projection)s AND live = %(live)s AND applied_through < %(position)s;

-- name: switch
UPDATE read_model_tables
SET live = %(live)s, shape = %(shape)s, applied_through = %(position)s, switched_at = now()
WHERE projection = %(projection)s;

-- name: rows
SELECT * FROM {table} WHERE {key} = ANY (%(keys)s::uuid[]) AND {open};

-- name: everything
SELECT * FROM {table} ORDER BY {identity};

-- name: write
INSERT INTO {table} ({columns}) VALUES ({values})
ON CONFLICT ({identity}) DO UPDATE SET ({columns}) = ROW ({excluded});

-- name: hold
-- How much of an aggregate a table holds; in the transaction that writes its rows.
INSERT INTO projected (projection, table_version, aggregate_id, version, position)
VALUES (%(projection)s, %(table_version)s, %(aggregate_id)s, %(version)s, %(position)s)
ON CONFLICT (projection, table_version, aggregate_id)
DO UPDATE SET version = EXCLUDED.version, position = EXCLUDED.position;

-- name: differences
-- Rows that are in one table and not, or not so, in the other.
SELECT 'live' AS side, * FROM (TABLE {live} EXCEPT ALL TABLE {scratch}) AS only_live
UNION ALL
SELECT 'log' AS side, * FROM (TABLE {scratch} EXCEPT ALL TABLE {live}) AS only_log
ORDER BY {identity}, side;

-- name: chosen
SELECT * FROM {table}
WHERE (%(workspace)s::text IS NULL OR workspace = %(workspace)s::text)
  AND (%(about)s::uuid IS NULL OR {key} = %(about)s::uuid OR export_id = %(about)s::uuid)
ORDER BY position, {identity};

-- name: count
SELECT count(*) AS rows FROM {table};

-- name: make_later
-- The aggregates that have gone on after a time that somebody asks about.
CREATE TEMPORARY TABLE later (aggregate_id uuid PRIMARY KEY);

-- name: drop_later
DROP TABLE pg_temp.later;

-- name: among_later
SELECT aggregate_id FROM pg_temp.later WHERE aggregate_id = ANY (%(ids)s::uuid[]);

-- name: add_later
INSERT INTO pg_temp.later SELECT unnest(%(ids)s::uuid[]) ON CONFLICT DO NOTHING;

-- name: tables
-- All versions of a read model's table.
SELECT tablename FROM pg_tables
WHERE schemaname = current_schema() AND tablename ~ %(pattern)s;

-- name: forget_versions
-- What is known of tables that are gone.
DELETE FROM projected WHERE projection = %(projection)s AND table_version <> %(live)s;

-- name: try_rebuilding
-- One rebuild of a read model at a time; the lock ends with the connection.
SELECT pg_try_advisory_lock(7301010, hashtext(%(projection)s)) AS taken;

-- name: end_rebuilding
SELECT pg_advisory_unlock(7301010, hashtext(%(projection)s));

-- name: try_applying
-- Many apply events at a time, one to an aggregate, but none while a table is switched: who would
-- have to wait for a switch goes away, as waiting keeps a connection that the switch may need.
SELECT pg_try_advisory_xact_lock_shared(7301011, hashtext(%(projection)s)) AS taken,
       pg_advisory_xact_lock(7301012, hashtext(%(projection)s || %(aggregate_id)s::text));

-- name: begin_switching
SELECT pg_advisory_xact_lock(7301011, hashtext(%(projection)s));
