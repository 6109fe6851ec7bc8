-- What the API asks of the downloads. {table} is the live table's name.

-- name: of_export
-- By keyset; the first page begins at an infinity.
SELECT * FROM {table}
WHERE workspace = %(workspace)s
  AND export_id = %(export_id)s
  AND (granted_at, download_id) < (%(after_at)s::timestamptz, %(after_id)s::uuid)
ORDER BY granted_at DESC, download_id DESC
LIMIT %(limit)s
