-- What the API asks of the history. {table} is the live table's name, {matching} the condition
-- of that name. A bound that was not given is an infinity, so that the index serves it all the
-- same; another filter that was not given is NULL. A table of an older release, which is read until
-- it is rebuilt, has no column `sheets`.

-- name: matching
workspace = %(workspace)s
  AND requested_at >= %(since)s::timestamptz
  AND requested_at < %(until)s::timestamptz
  AND (%(statuses)s::text[] IS NULL OR status = ANY (%(statuses)s::text[]))
  AND (%(dataset)s::text IS NULL OR dataset = %(dataset)s::text
       OR to_jsonb(told) -> 'sheets'
          @> jsonb_build_array(jsonb_build_object('dataset', %(dataset)s::text)))
  AND (%(requested_by)s::uuid IS NULL OR requested_by = %(requested_by)s::uuid)
  AND (searched LIKE ALL (%(patterns)s::text[])
       OR starts_with(export_id::text, %(id_start)s::text))

-- name: page
-- By keyset, which costs the same on every page.
SELECT * FROM {table} AS told
WHERE (requested_at, export_id) < (%(after_at)s::timestamptz, %(after_id)s::uuid)
  AND {matching}
ORDER BY requested_at DESC, export_id DESC
LIMIT %(limit)s

-- name: get
SELECT * FROM {table} WHERE workspace = %(workspace)s AND export_id = %(export_id)s

-- name: counts
SELECT status, count(*) AS exports FROM {table} AS told WHERE {matching} GROUP BY status
