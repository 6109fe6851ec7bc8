-- Since when a worker has had a job in hand: what stands still for too long there is given up, and
-- what waits for a place is not.
ALTER TABLE jobs ADD COLUMN claimed_at timestamptz;
