-- name: lock_export
-- One writer at a time for an export's rows; held to the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('waybill.work.' || %(export_id)s::text, 0));

-- name: forget_jobs
-- What is no longer wanted goes, running or not: its worker sees that its lease is gone.
DELETE FROM jobs WHERE export_id = %(export_id)s AND id <> ALL (%(ids)s::text[]);

-- name: add_jobs
INSERT INTO jobs (id, export_id, workspace, weight, small, kind, attempt, index, file)
SELECT wanted.id, %(export_id)s, %(workspace)s, %(weight)s, %(small)s,
       wanted.kind, wanted.attempt, wanted.index, wanted.file
FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(attempts)s::int[], %(indexes)s::int[],
            %(files)s::text[]) AS wanted (id, kind, attempt, index, file)
ON CONFLICT (id) DO NOTHING;

-- name: open_export
INSERT INTO open_exports (export_id) VALUES (%(export_id)s)
ON CONFLICT (export_id) DO UPDATE SET changed_at = now();

-- name: close_export
DELETE FROM open_exports WHERE export_id = %(export_id)s;

-- name: will_expire
INSERT INTO expiries (export_id, expires_at) VALUES (%(export_id)s, %(expires_at)s)
ON CONFLICT (export_id) DO UPDATE SET expires_at = excluded.expires_at;

-- name: expired
DELETE FROM expiries WHERE export_id = %(export_id)s;

-- name: due_expiries
SELECT export_id FROM expiries WHERE expires_at <= %(now)s ORDER BY expires_at LIMIT %(limit)s;

-- name: claim
-- Only one of several messages about the same job gets the lease.
UPDATE jobs SET state = 'running', worker = %(worker)s, tries = tries + 1,
                lease_until = now() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND (state <> 'running' OR lease_until < now())
RETURNING *;

-- name: release
UPDATE jobs SET state = 'ready', worker = NULL, lease_until = NULL,
                not_before = now() + make_interval(secs => %(retry_in)s)
WHERE id = %(id)s AND worker = %(worker)s AND state = 'running';

-- name: done
DELETE FROM jobs WHERE id = %(id)s;

-- name: alive
INSERT INTO workers (id, renders, extractions)
VALUES (%(worker)s, %(renders)s, %(extractions)s)
ON CONFLICT (id) DO UPDATE SET renders = excluded.renders, extractions = excluded.extractions,
                               seen_at = now();

-- name: beat
UPDATE jobs SET lease_until = now() + make_interval(secs => %(lease)s)
WHERE id = ANY (%(ids)s::text[]) AND worker = %(worker)s AND state = 'running'
RETURNING id;

-- name: give_back
-- A worker that stops in order costs its jobs no try.
UPDATE jobs SET state = 'ready', worker = NULL, lease_until = NULL, tries = greatest(tries - 1, 0)
WHERE worker = %(worker)s AND state = 'running';

-- name: leave
DELETE FROM workers WHERE id = %(worker)s;

-- name: room
-- Places of the living less what is taken. Twice the renders, so that a worker that ends one job
-- has its next one there already.
SELECT 2 * coalesce(sum(renders), 0)::int
         - (SELECT count(*) FROM jobs WHERE kind <> 'extract' AND state <> 'ready')::int AS renders,
       coalesce(sum(extractions), 0)::int
         - (SELECT count(*) FROM jobs
            WHERE kind = 'extract' AND state <> 'ready' AND NOT small)::int AS extractions,
       2 * count(*)::int
         - (SELECT count(*) FROM jobs
            WHERE kind = 'extract' AND state <> 'ready' AND small)::int AS small
FROM workers WHERE seen_at > now() - make_interval(secs => %(lease)s);

-- name: demands
SELECT export_id, min(workspace) AS workspace, min(weight) AS weight,
       (count(*) FILTER (WHERE state = 'ready' AND not_before <= now()))::int AS ready,
       (count(*) FILTER (WHERE state <> 'ready'))::int AS taken,
       min(created_at) AS since
FROM jobs
WHERE kind = ANY (%(kinds)s::text[]) AND (%(small)s::boolean IS NULL OR small = %(small)s)
GROUP BY export_id;

-- name: take
UPDATE jobs SET state = 'released', lease_until = now() + make_interval(secs => %(release)s)
WHERE id IN (
    SELECT id FROM jobs
    WHERE export_id = %(export_id)s AND kind = ANY (%(kinds)s::text[])
      AND (%(small)s::boolean IS NULL OR small = %(small)s)
      AND state = 'ready' AND not_before <= now()
    ORDER BY index, file LIMIT %(count)s FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: recover
-- A lease that ran out: its worker died or lost its connection. A release that ran out: its
-- message was lost.
UPDATE jobs SET state = 'ready', worker = NULL, lease_until = NULL, not_before = now()
FROM (SELECT id AS old_id, state AS was FROM jobs
      WHERE state <> 'ready' AND lease_until < now() FOR UPDATE SKIP LOCKED) AS old
WHERE id = old.old_id
RETURNING jobs.*, old.was;

-- name: idle_exports
SELECT export_id FROM open_exports
WHERE changed_at < now() - make_interval(secs => %(seconds)s);
