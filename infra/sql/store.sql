-- What happened: the event store. The first three statements are those of the recorder
-- (eventsourcing 9.5) word for word, and a test holds them together; its function for inserting
-- is left out, as that takes no lock and lets readers of the log miss events.

-- `notification_id` is the position in the log. The numbers rise and may leave holes.
CREATE TABLE IF NOT EXISTS "public"."stored_events" (
    originator_id "uuid" NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_enabled = true,
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
);

CREATE TYPE "public"."stored_event_uuid" AS (
    originator_id "uuid",
    originator_version bigint,
    topic text,
    state bytea
);

CREATE UNIQUE INDEX IF NOT EXISTS "stored_events_notification_id_idx"
    ON "public"."stored_events" (notification_id ASC);

-- Which life of the store this is, always one row: a store restored from a backup begins another,
-- so that whoever saw more of the former one notices.
CREATE TABLE store_epoch (
    epoch    uuid NOT NULL DEFAULT gen_random_uuid(),
    begun_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX store_epoch_is_one ON store_epoch ((true));
INSERT INTO store_epoch DEFAULT VALUES;
