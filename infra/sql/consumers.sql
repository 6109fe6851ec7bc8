-- How far each consumer of the log has come, and what it could not take.

-- `position`: everything up to here was handled. On Kafka a subscription's place is its group's
-- offsets and this stays behind; what is repeated changes nothing. `epoch` is the life of the
-- event store that the consumer follows.
CREATE TABLE consumers (
    name       text PRIMARY KEY,
    epoch      uuid NOT NULL,
    position   bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Events that a handler refused again and again, and all later ones of the same aggregate, in
-- order. Error texts can quote rows, so only the error's class and the line that raised it are kept.
CREATE TABLE parked (
    subscription text NOT NULL,
    aggregate_id uuid NOT NULL,
    position     bigint NOT NULL,
    envelope     jsonb NOT NULL,
    error_type   text,
    error_place  text,
    parked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subscription, aggregate_id, position)
);
