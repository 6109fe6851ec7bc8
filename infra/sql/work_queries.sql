-- name: lock_export
-- One writer at a time for an export's rows; held to the end of the transaction. A process that is
-- stopped in the middle loses it, and nobody waits for long.
SELECT set_config('idle_in_transaction_session_timeout', %(silent)s, true),
       set_config('lock_timeout', '5s', true),
       pg_advisory_xact_lock(hashtextextended('waybill.work.' || %(export_id)s::text, 0));

-- name: known_jobs
SELECT coalesce(array_agg(id), '{}') AS ids FROM jobs WHERE export_id = %(export_id)s;

-- name: forget_jobs
-- What is no longer wanted goes, running or not: its worker sees that its lease is gone.
DELETE FROM jobs WHERE id = ANY (%(ids)s::text[]);

-- name: add_jobs
INSERT INTO jobs (id, export_id, workspace, weight, small, kind, attempt, index, file)
SELECT wanted.id, %(export_id)s, %(workspace)s, %(weight)s, %(small)s,
       wanted.kind, wanted.attempt, wanted.index, wanted.file
FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(attempts)s::int[], %(indexes)s::int[],
            %(files)s::text[]) AS wanted (id, kind, attempt, index, file)
ON CONFLICT (id) DO NOTHING;

-- name: open_export
WITH no_expiry AS (DELETE FROM expiries WHERE export_id = %(export_id)s),
     no_sweep AS (DELETE FROM sweeps WHERE export_id = %(export_id)s)
INSERT INTO open_exports (export_id) VALUES (%(export_id)s)
ON CONFLICT (export_id) DO UPDATE SET changed_at = now();

-- name: close_export
-- Swept once, when whoever may still be at work for it has lost its lease; and again if its expiry
-- is not known, as whatever lost that may have lost its sweep too.
WITH closed AS (DELETE FROM open_exports WHERE export_id = %(export_id)s RETURNING export_id),
     lost AS (
         SELECT %(export_id)s::uuid AS export_id WHERE %(expires)s
         AND NOT EXISTS (SELECT FROM expiries WHERE expiries.export_id = %(export_id)s))
INSERT INTO sweeps (export_id, due_at)
SELECT export_id, now() + make_interval(secs => %(sweep)s)
FROM (SELECT export_id FROM closed UNION SELECT export_id FROM lost) AS ended
ON CONFLICT (export_id) DO NOTHING;

-- name: forget_export
WITH a AS (DELETE FROM jobs WHERE export_id = %(export_id)s),
     b AS (DELETE FROM open_exports WHERE export_id = %(export_id)s),
     c AS (DELETE FROM sweeps WHERE export_id = %(export_id)s)
DELETE FROM expiries WHERE export_id = %(export_id)s;

-- name: will_expire
INSERT INTO expiries (export_id, expires_at) VALUES (%(export_id)s, %(expires_at)s)
ON CONFLICT (export_id) DO UPDATE SET expires_at = excluded.expires_at;

-- name: expired
DELETE FROM expiries WHERE export_id = %(export_id)s;

-- name: due_expiries
SELECT export_id FROM expiries WHERE expires_at <= now() ORDER BY expires_at LIMIT %(limit)s;

-- name: due_sweeps
-- One that fails, or whose process was killed meanwhile, is not tried again at once, so that it
-- holds up no other.
UPDATE sweeps SET due_at = now() + make_interval(secs => %(again)s)
WHERE export_id IN (
    SELECT export_id FROM sweeps WHERE due_at <= now()
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING export_id;

-- name: swept
DELETE FROM sweeps WHERE export_id = %(export_id)s;

-- name: claim
-- Only one of several messages about the same job gets the lease, and none before its time.
UPDATE jobs SET state = 'running', worker = %(worker)s, tries = tries + 1,
                deaths = deaths + (state = 'running')::int,  -- its lease has run out
                lease_until = now() + make_interval(secs => %(lease)s), claimed_at = now()
WHERE id = %(id)s AND (state <> 'running' OR lease_until < now()) AND not_before <= now()
RETURNING *;

-- name: claim_waiting
-- Its message may still be on its way, or wait at a worker that is busy.
UPDATE jobs SET state = 'running', worker = %(worker)s, tries = tries + 1,
                lease_until = now() + make_interval(secs => %(lease)s), claimed_at = now()
WHERE id = (
    SELECT id FROM jobs WHERE lane = 'render' AND state = 'released' AND lease_until > now()
    ORDER BY lease_until, index, file LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: holds
SELECT 1 FROM jobs
WHERE id = %(id)s AND worker = %(worker)s AND tries = %(tries)s AND state = 'running';

-- name: release
UPDATE jobs SET state = 'ready', worker = NULL, lease_until = NULL,
                not_before = now() + make_interval(secs => %(retry_in)s)
WHERE id = %(id)s AND worker = %(worker)s AND tries = %(tries)s AND state = 'running';

-- name: hand_on
UPDATE jobs SET state = 'ready', worker = NULL, lease_until = NULL, tries = tries - 1
WHERE id = %(id)s AND worker = %(worker)s AND tries = %(tries)s AND state = 'running';

-- name: done
DELETE FROM jobs
WHERE id = %(id)s AND worker = %(worker)s AND tries = %(tries)s AND state = 'running';

-- name: alive
INSERT INTO workers (id, renders, extractions)
VALUES (%(worker)s, %(renders)s, %(extractions)s)
ON CONFLICT (id) DO UPDATE SET renders = excluded.renders, extractions = excluded.extractions,
                               seen_at = now();

-- name: beat
UPDATE jobs SET lease_until = now() + make_interval(secs => %(lease)s)
FROM unnest(%(ids)s::text[], %(tries)s::int[]) AS held (id, tries)
WHERE jobs.id = held.id AND jobs.tries = held.tries AND worker = %(worker)s AND state = 'running'
RETURNING jobs.id, jobs.tries;

-- name: give_back
-- A worker that stops in order costs its jobs no try.
UPDATE jobs SET state = 'ready', worker = NULL, lease_until = NULL, tries = greatest(tries - 1, 0)
WHERE worker = %(worker)s AND state = 'running';

-- name: leave
DELETE FROM workers WHERE id = %(worker)s;

-- name: workforce
SELECT count(*)::int AS workers, coalesce(sum(renders), 0)::int AS renders,
       coalesce(sum(extractions), 0)::int AS extractions
FROM workers WHERE seen_at > now() - make_interval(secs => %(lease)s);

-- name: taken
SELECT lane, count(*)::int AS jobs FROM jobs WHERE state <> 'ready' GROUP BY lane;

-- name: demands
SELECT lane, export_id, min(workspace) AS workspace, min(weight) AS weight,
       (count(*) FILTER (WHERE state = 'ready' AND not_before <= now()))::int AS ready,
       (count(*) FILTER (WHERE state <> 'ready'))::int AS taken,
       min(created_at) AS since
FROM jobs
WHERE lane = ANY (%(lanes)s::text[])
GROUP BY lane, export_id;

-- name: take
UPDATE jobs SET state = 'released', lease_until = now() + make_interval(secs => %(release)s)
WHERE id IN (
    SELECT picked.id
    FROM unnest(%(lanes)s::text[], %(export_ids)s::uuid[], %(counts)s::int[])
             AS share (lane, export_id, count)
    CROSS JOIN LATERAL (
        SELECT id FROM jobs
        WHERE export_id = share.export_id AND lane = share.lane
          AND state = 'ready' AND not_before <= now()
        ORDER BY index, file LIMIT share.count FOR UPDATE SKIP LOCKED) AS picked)
RETURNING *;

-- name: let_run_out
UPDATE jobs SET lease_until = '-infinity' WHERE state <> 'ready' AND deaths = 0;

-- name: recover
-- A lease that ran out: its worker died or lost its connection. A release that ran out: its
-- message was lost. Workers that were long not heard of are forgotten.
WITH long_gone AS (DELETE FROM workers WHERE seen_at < now() - interval '1 day'),
     old AS (SELECT id, state FROM jobs
             WHERE state <> 'ready' AND lease_until < now() FOR UPDATE SKIP LOCKED)
UPDATE jobs SET state = 'ready', worker = NULL, lease_until = NULL, not_before = now(),
                deaths = deaths + (old.state = 'running')::int
FROM old WHERE jobs.id = old.id
RETURNING jobs.*, old.state AS was;

-- name: idle_exports
SELECT export_id FROM open_exports
WHERE changed_at < now() - make_interval(secs => %(seconds)s)
ORDER BY changed_at LIMIT %(limit)s;

-- name: seconds_in_hand
SELECT count(*)::int AS jobs,
       coalesce(max(extract(epoch FROM now() - claimed_at)) FILTER (WHERE state = 'running'), 0)::float
           AS seconds
FROM jobs WHERE export_id = %(export_id)s;

-- name: unknown_exports
SELECT export_id FROM unnest(%(export_ids)s::uuid[]) AS asked (export_id)
WHERE NOT EXISTS (SELECT FROM open_exports WHERE open_exports.export_id = asked.export_id)
  AND NOT EXISTS (SELECT FROM expiries WHERE expiries.export_id = asked.export_id);

-- name: depths
SELECT kind, state, count(*)::int AS jobs FROM jobs GROUP BY kind, state;

-- name: now
SELECT now() AS now;
