-- name: enter
INSERT INTO consumers (name, epoch) VALUES (%(name)s, %(epoch)s) ON CONFLICT (name) DO NOTHING
-- name: look
SELECT epoch, position FROM consumers WHERE name = %(name)s
-- name: save
UPDATE consumers SET position = %(position)s, updated_at = now()
WHERE name = %(name)s AND epoch = %(epoch)s AND position < %(position)s
-- name: restart
UPDATE consumers SET epoch = %(epoch)s, position = 0, updated_at = now()
WHERE name = %(name)s AND epoch <> %(epoch)s
-- name: is_parked
SELECT EXISTS (
    SELECT FROM parked WHERE subscription = %(subscription)s AND aggregate_id = %(aggregate_id)s
) AS parked
-- name: park
INSERT INTO parked (subscription, aggregate_id, position, envelope, error_type, error_place)
VALUES (%(subscription)s, %(aggregate_id)s, %(position)s, %(envelope)s, %(type)s, %(place)s)
ON CONFLICT DO NOTHING
-- name: park_behind
-- Locks the last one of the key, so that a release that is just taking it is waited for: either
-- something is left to queue behind, or the key is free.
INSERT INTO parked (subscription, aggregate_id, position, envelope)
SELECT %(subscription)s, %(aggregate_id)s, %(position)s, %(envelope)s
FROM (
    SELECT FROM parked WHERE subscription = %(subscription)s AND aggregate_id = %(aggregate_id)s
    ORDER BY position DESC LIMIT 1 FOR UPDATE
) AS last
ON CONFLICT (subscription, aggregate_id, position) DO UPDATE SET parked_at = parked.parked_at
RETURNING position
-- name: first_parked
SELECT position, envelope FROM parked
WHERE subscription = %(subscription)s AND aggregate_id = %(aggregate_id)s
ORDER BY position LIMIT 1 FOR UPDATE
-- name: unpark
DELETE FROM parked
WHERE subscription = %(subscription)s AND aggregate_id = %(aggregate_id)s
  AND position = %(position)s
-- name: parked_keys
SELECT subscription, aggregate_id, count(*) AS events, min(parked_at) AS since,
       (array_agg(error_type ORDER BY position))[1] AS error_type,
       (array_agg(error_place ORDER BY position))[1] AS error_place
FROM parked GROUP BY subscription, aggregate_id ORDER BY since
