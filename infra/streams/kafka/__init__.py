"""Kafka: topics, our producer, the relay's way out, and faust agents around the processors."""
