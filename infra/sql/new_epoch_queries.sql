-- name: others
-- Whoever is connected to this database beside us.
SELECT coalesce(nullif(application_name, ''), 'a connection') || ' of '
       || coalesce(host(client_addr), 'this machine') || ', pid ' || pid AS said
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
ORDER BY backend_start;

-- name: start_over
UPDATE consumers SET epoch = %(epoch)s, position = 0, updated_at = now();

-- name: unpark_all
DELETE FROM parked;

-- name: forget_work
-- It is made again from the log, as the consumers start over.
TRUNCATE jobs, workers, open_exports, expiries, sweeps;
