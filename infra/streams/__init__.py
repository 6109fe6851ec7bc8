"""How events reach the processors: over the event store's own log, or over Kafka."""
