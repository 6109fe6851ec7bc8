"""What must hold whatever was killed, cut off or filled up, asked from outside: of the event log,
of a plain Kafka consumer, of the tables, of the file store. None of it asks the service.

Each property is a function that raises an AssertionError which says what is wrong. They take the
log as `read_log` gives it, of an installation in which nothing is under way."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from domain import layout
from domain.exports.events import (
    ChunkRendered,
    ExportCancelled,
    ExportCompleted,
    ExportCompletedTruncated,
    ExportExpired,
    ExportFailed,
    ExportRequested,
    ExtractionFinished,
    ExtractionStarted,
    FileDestroyed,
    RetryRequested,
)
from domain.ports import Recorded
from domain.streams import Kind
from infra.files import FileStore, S3Settings, open_files
from infra.store import EventStoreOnPostgresql
from schemas.registry import name_of
from schemas.topics import topic_of
from tests.replayed import assert_read_models_equal_the_log

__all__ = ["assert_read_models_equal_the_log"]

Log = list[Recorded]
COMPLETED = (ExportCompleted, ExportCompletedTruncated)
ENDINGS = (*COMPLETED, ExportFailed, ExportCancelled)
AFTER_THE_END = (FileDestroyed, ExportExpired)
_TOPICS = tuple(topic_of(kind) for kind in Kind)
_BATCH = 1_000
_SECONDS = 60.0


def read_log(url: str) -> Log:
    """Everything that was recorded, in order."""
    log: Log = []
    with EventStoreOnPostgresql(url, connections=2) as store:
        while more := store.log(log[-1].position if log else 0, _BATCH):
            log += more
    return log


def assert_nothing_acknowledged_is_lost(log: Log, acknowledged: Iterable[str]) -> None:
    """Every export that was answered with 202 is in the log."""
    requested = {str(each.aggregate_id) for each in log if isinstance(each.event, ExportRequested)}
    lost = set(acknowledged) - requested
    assert not lost, f"acknowledged and lost: {lost}"


def assert_each_event_once_and_in_order(log: Log) -> None:
    """Positions rise, and each aggregate's versions are 1, 2, 3, … in the order of positions."""
    for before, after in pairwise(log):
        assert before.position < after.position, f"{before.position}, then {after.position}"
    for aggregate_id, story in _stories(log).items():
        versions = [each.version for each in story]
        assert versions == list(range(1, len(story) + 1)), f"{aggregate_id}: {versions}"


def assert_one_ending_each(log: Log) -> None:
    """Every export, and every run of one that was retried, has ended exactly once, and nothing but
    its destruction came behind."""
    for export_id, story in exports(log).items():
        for run in _runs(story):
            names = [name_of(each) for each in run]
            endings = [at for at, event in enumerate(run) if isinstance(event, ENDINGS)]
            assert len(endings) == 1, f"{export_id} has {len(endings)} endings: {names}"
            rest = run[endings[0] + 1 :]
            assert all(isinstance(event, AFTER_THE_END) for event in rest), f"{export_id}: {names}"


def assert_each_chunk_recorded_once(log: Log) -> None:
    """No chunk of an attempt was recorded twice, and a complete export has them all."""
    for export_id, story in exports(log).items():
        recorded = Counter(
            (event.attempt, event.file, event.index)
            for event in story
            if isinstance(event, ChunkRendered)
        )
        twice = [chunk for chunk, times in recorded.items() if times > 1]
        assert not twice, f"{export_id}: recorded twice: {twice}"
        if isinstance(_ending(story), COMPLETED):
            expected = set(_wanted_chunks(story))
            missing = expected - recorded.keys()
            assert not missing, f"{export_id} is complete without {missing}"


def assert_what_was_extracted_is_not_extracted_again(log: Log) -> None:
    """Once all rows are staged, whoever dies costs chunks and no new attempt; only a retry that
    somebody asked for may read the source again."""
    for export_id, story in exports(log).items():
        for run in _runs(story):
            steps = [
                type(event)
                for event in run
                if isinstance(event, ExtractionStarted | ExtractionFinished)
            ]
            again = (ExtractionFinished, ExtractionStarted)
            assert again not in pairwise(steps), f"{export_id} was extracted again: {steps}"


def rendered(log: Log, export_id: str) -> Iterator[ChunkRendered]:
    """The chunks that were recorded as rendered, in every attempt."""
    for event in exports(log).get(UUID(export_id), []):
        if isinstance(event, ChunkRendered):
            yield event


def exports(log: Log) -> dict[UUID, list[Any]]:
    """Each export's events."""
    return {
        aggregate_id: [each.event for each in story]
        for aggregate_id, story in _stories(log).items()
        if isinstance(story[0].event, ExportRequested)
    }


def assert_subscribers_see(log: Log, url: str, env: Mapping[str, str]) -> None:
    """A consumer that knows nothing but Kafka, and that drops what repeats a position, gets every
    event of the log once, and each subject's in order. Whatever it gets that came to the log later,
    as the end of a download may, stands there now."""
    expected = _told(log)
    seen = asyncio.run(_subscribed(env, len(expected)))
    by_subject: dict[str, list[int]] = defaultdict(list)
    for _, subject, sequence in seen:
        by_subject[subject].append(sequence)
    for subject, sequences in by_subject.items():
        assert sequences == sorted(sequences), f"{subject} out of order: {sequences}"
    missing, unknown = expected - set(seen), set(seen) - _told(read_log(url))
    assert not missing, f"not on Kafka: {sorted(missing)[:10]}"
    assert not unknown, f"on Kafka and not in the log: {sorted(unknown)[:10]}"


def _told(log: Log) -> set[tuple[int, str, int]]:
    return {(each.position, str(each.aggregate_id), each.version) for each in log}


def orphans(log: Log, files: FileStore) -> list[str]:
    """The objects that nothing will read again."""
    kept = tuple(
        prefix for export_id, story in exports(log).items() for prefix in _kept(export_id, story)
    )
    return [found.key for found in files.find("exports/") if not found.key.startswith(kept)]


def files_of(env: Mapping[str, str]) -> FileStore:
    """The file store that a process with these settings uses."""
    if "WAYBILL_S3_ENDPOINT" not in env:
        return open_files(env.get("WAYBILL_FILES") or f"{env['WAYBILL_DATA_DIR']}/files")
    s3 = S3Settings(
        endpoint=env["WAYBILL_S3_ENDPOINT"],
        access_key=env["WAYBILL_S3_ACCESS_KEY"],
        secret_key=env["WAYBILL_S3_SECRET_KEY"],
        secure=False,
    )
    return open_files(env["WAYBILL_FILES"], s3)


def _stories(log: Log) -> dict[UUID, list[Recorded]]:
    stories: dict[UUID, list[Recorded]] = defaultdict(list)
    for each in log:
        stories[each.aggregate_id].append(each)
    return stories


def _runs(story: list[Any]) -> Iterator[list[Any]]:
    """A story cut where it was retried."""
    run: list[Any] = []
    for event in story:
        if isinstance(event, RetryRequested):
            yield run
            run = []
        run.append(event)
    yield run


def _ending(story: list[Any]) -> Any:
    return next((event for event in reversed(story) if isinstance(event, ENDINGS)), None)


def _wanted_chunks(story: list[Any]) -> Iterator[tuple[int, str, int]]:
    finished = [event for event in story if isinstance(event, ExtractionFinished)][-1]
    for file in story[0].files:
        for index in range(finished.chunks):
            yield finished.attempt, file.name, index


def _kept(export_id: UUID, story: list[Any]) -> Iterator[str]:
    attempts = [event.attempt for event in story if isinstance(event, ExtractionStarted)]
    if not attempts:
        return
    if not isinstance(_ending(story), COMPLETED):
        yield layout.attempt_prefix(export_id, attempts[-1])
        return
    yield layout.staged_prefix(export_id, attempts[-1])
    for file in story[0].files:
        yield layout.part_prefix(export_id, attempts[-1], file.name)
        yield layout.file_prefix(export_id, attempts[-1], file.name)


async def _subscribed(env: Mapping[str, str], wanted: int) -> list[tuple[int, str, int]]:
    """(position, subject, sequence) of each event's first coming, until there are as many."""
    topics = [env.get("WAYBILL_KAFKA_PREFIX", "") + topic for topic in _TOPICS]
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=env["WAYBILL_KAFKA_BOOTSTRAP"], auto_offset_reset="earliest"
    )
    await consumer.start()
    found: dict[tuple[str, int], tuple[int, str, int]] = {}
    try:
        deadline = asyncio.get_running_loop().time() + _SECONDS
        while len(found) < wanted or not await _at_the_end(consumer):
            if asyncio.get_running_loop().time() > deadline:
                break
            for records in (await consumer.getmany(timeout_ms=100)).values():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    event = json.loads(record.value)
                    position = int(headers["waybill-position"])
                    seen = position, event["subject"], int(event["sequence"])
                    found.setdefault((headers["waybill-epoch"], position), seen)
    finally:
        await consumer.stop()
    return list(found.values())


async def _at_the_end(consumer: Any) -> bool:
    partitions: set[TopicPartition] = consumer.assignment()
    ends = await consumer.end_offsets(partitions)
    return bool(partitions) and all(
        [await consumer.position(each) >= ends[each] for each in partitions]
    )
