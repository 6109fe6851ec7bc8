-- What the API asks of the audit. {table} is the live table's name. A bound that was not given is
-- an infinity, so that the index serves it all the same; another filter that was not given is NULL.
-- A table of an older release, which is read until it is rebuilt, lacks columns that came later:
-- `key_id`, `sheets`.

-- name: page
-- By keyset, which costs the same on every page. A download's events don't tell its dataset: its
-- export's request does.
SELECT told.*, coalesce(told.dataset, request.dataset) AS dataset
FROM {table} AS told
LEFT JOIN {table} AS request
  ON request.aggregate_id = told.export_id AND request.entry = 1
WHERE told.workspace = %(workspace)s
  AND told.at >= %(since)s::timestamptz
  AND told.at < %(until)s::timestamptz
  AND (told.at, told.position) < (%(after_at)s::timestamptz, %(after_position)s::bigint)
  AND (%(by)s::uuid IS NULL OR told.by = %(by)s::uuid)
  AND (%(acts)s::text[] IS NULL OR told.act = ANY (%(acts)s::text[]))
  AND (%(dataset)s::text IS NULL OR coalesce(told.dataset, request.dataset) = %(dataset)s::text
       OR to_jsonb(request) -> 'sheets'
          @> jsonb_build_array(jsonb_build_object('dataset', %(dataset)s::text)))
  AND (%(export_id)s::uuid IS NULL OR told.export_id = %(export_id)s::uuid)
  AND (%(key_id)s::uuid IS NULL OR to_jsonb(told) ->> 'key_id' = %(key_id)s::uuid::text)
  AND (%(result)s::text IS NULL OR told.result = %(result)s::text)
  AND (%(outcome)s::text IS NULL OR told.outcome = %(outcome)s::text)
ORDER BY told.at DESC, told.position DESC
LIMIT %(limit)s
