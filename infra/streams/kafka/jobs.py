"""Jobs over Kafka: released by a dispatcher, done by any worker.

A message may be lost, doubled or late: the lease on the job's row decides who does it, and
releases it again when nobody did.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from domain.streams import JobMessage
from infra.settings import Settings
from infra.streams.in_hand import InHand
from infra.streams.kafka.agents import Agents
from infra.streams.kafka.faust_apps import Consumer, Record
from infra.streams.kafka.messages import job_message, read_job
from infra.streams.kafka.producer import KafkaUnavailable, Producer
from infra.streams.kafka.topics import CHUNK_JOBS
from infra.streams.local_jobs import run_logged
from infra.streams.watchdog import Watched

log = logging.getLogger(__name__)

_PUBLISH_SECONDS = 5.0


class KafkaJobs:
    """Satisfies `domain.streams.Jobs`. `run` does a job; a process that does none passes None. As
    many messages are handled at once as this process has partitions of the topic."""

    def __init__(
        self, settings: Settings, producer: Producer, run: Callable[[JobMessage], None] | None
    ) -> None:
        self._prefix = settings.kafka_prefix
        self._producer = producer
        consumers = [] if run is None else [_consumer(settings.kafka_prefix, run)]
        self._agents = Agents("jobs", settings, consumers)

    @property
    def failure(self) -> BaseException | None:
        return self._agents.failure

    @property
    def watched(self) -> Sequence[Watched]:
        return self._agents.watched

    def release(self, job: JobMessage) -> None:
        try:
            self._producer.publish([job_message(job, self._prefix)], _PUBLISH_SECONDS)
        except KafkaUnavailable:
            log.warning("Kafka did not take job %s: it will be released again", job.id)

    def start(self) -> None:
        self._agents.start()

    def stop(self, timeout: float) -> bool:
        """Lets running jobs finish; True if all did within `timeout` seconds."""
        return self._agents.stop(timeout)


def _consumer(prefix: str, run: Callable[[JobMessage], None]) -> Consumer:
    in_hand = InHand()

    def receive(record: Record) -> None:
        try:
            job = read_job(record.value)
        except (ValueError, KeyError, TypeError):
            log.warning("%s is no job", record.place)
        else:
            run_logged(run, job)
        in_hand.handled += 1  # a job may wait for its place as long as it likes

    return Consumer(
        name="jobs",
        in_hand=in_hand,
        group=f"{prefix}waybill.jobs",
        topics=[prefix + CHUNK_JOBS.name],
        handle=receive,
    )
