-- name: read
SELECT notification_id, originator_version, topic, state
FROM stored_events
WHERE originator_id = %(aggregate_id)s AND originator_version > %(after)s
ORDER BY originator_version;

-- name: has_version
SELECT FROM stored_events
WHERE originator_id = %(aggregate_id)s AND originator_version = %(version)s;

-- name: log
SELECT notification_id, originator_id, originator_version, topic, state
FROM stored_events
WHERE notification_id > %(after)s
ORDER BY notification_id
LIMIT %(limit)s;

-- name: head
SELECT coalesce(max(notification_id), 0) AS head FROM stored_events;

-- name: epoch
SELECT epoch FROM store_epoch;

-- name: new_epoch
UPDATE store_epoch SET epoch = gen_random_uuid(), begun_at = now() RETURNING epoch;
