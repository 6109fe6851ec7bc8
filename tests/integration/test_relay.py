"""The relay over a real database and a real broker: what subscribers get, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from pydantic import SecretStr

from domain.streams import Kind
from infra.database import migrate
from infra.free_ports import free_port
from infra.settings import Settings
from infra.store import EventStoreOnPostgresql
from infra.streams import lag
from infra.streams.consumers import EpochChanged
from infra.streams.kafka.lives import foreign_places
from infra.streams.kafka.producer import Message, Producer
from infra.streams.kafka.topics import DOWNLOADS, EXPORTS, ensure_topics
from infra.streams.patience import Patience
from infra.streams.relay import Publisher, Relay
from schemas.cloudevents import from_cloudevent
from schemas.public import to_envelope
from schemas.traces import traceparent
from tests.contract.transport_contract import PAUSED, REQUESTED, RESUMED, until
from tests.topics import positions, read_topic

PATIENCE = Patience(first=0.05, outage=0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A store and the topics that a relay fills from it."""

    url: str
    store: EventStoreOnPostgresql
    settings: Settings

    @contextmanager
    def relay(self, publisher: Callable[[], Publisher] | None = None) -> Iterator[Relay]:
        with self.store.listen() as bell:
            relay = Relay(
                self.url,
                self.store,
                bell,
                publisher or self.producer,
                prefix=self.settings.kafka_prefix,
                patience=PATIENCE,
                foreign_places=lambda: foreign_places(self.settings, self.store),
            )
            relay.start()
            try:
                yield relay
            finally:
                assert relay.stop(15)

    def producer(self) -> Producer:
        return Producer(self.settings, "relay")

    def saved(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT position FROM consumers").fetchone()
        return 0 if row is None else int(row[0])

    def published(self, topic: str = EXPORTS.name) -> list[Any]:
        """Everything on a topic now, as any subscriber would read it."""
        return read_topic(self.settings.kafka_bootstrap, self.settings.kafka_prefix + topic)

    def log(self) -> list[int]:
        return [recorded.position for recorded in self.store.log(0, 10_000)]


@pytest.fixture
def site(database_url: str, kafka_bootstrap: str, topic_prefix: str) -> Iterator[Site]:
    migrate(database_url)
    settings = Settings(
        database_url=SecretStr(database_url),
        kafka_bootstrap=kafka_bootstrap,
        kafka_prefix=topic_prefix,
    )
    ensure_topics(settings)
    with EventStoreOnPostgresql(database_url) as store:
        yield Site(url=database_url, store=store, settings=settings)


def test_a_plain_consumer_reads_cloudevents_in_order(site: Site) -> None:
    exports = [_export(site, events=9) for _ in range(4)]
    with site.relay():
        exports.append(_export(site, events=9))
        until(lambda: site.saved() == site.store.head())
    messages = site.published()
    assert sorted(positions(messages)) == site.log()
    for export in exports:
        mine = [message for message in messages if message.key == str(export).encode()]
        envelopes = [from_cloudevent(message.value) for message in mine]
        assert envelopes == [
            to_envelope(recorded, site.store.epoch()) for recorded in site.store.read(export)
        ]
        assert len({message.partition for message in mine}) == 1
    assert site.published(DOWNLOADS.name) == []


def test_headers_tell_format_position_and_epoch(site: Site) -> None:
    _export(site, events=1)
    with site.relay():
        until(lambda: site.saved() == site.store.head())
    (message,) = site.published()
    assert dict(message.headers) == {
        "content-type": b"application/cloudevents+json",
        "traceparent": traceparent(UUID(message.key.decode())).encode(),
        "waybill-position": str(site.store.head()).encode(),
        "waybill-epoch": str(site.store.epoch()).encode(),
    }
    event = orjson.loads(message.value)
    assert event["type"] == "waybill.export.requested.v2"
    assert event["source"] == f"/waybill/{Kind.EXPORT}s"


def test_a_batch_larger_than_a_record_batch_keeps_its_order(site: Site) -> None:
    key = b"one"
    topic = site.settings.kafka_prefix + EXPORTS.name
    messages = [Message(topic=topic, key=key, value=b"%d " % n + b"x" * 30_000) for n in range(90)]
    producer = site.producer()
    producer.start()
    producer.publish(messages, 20)
    producer.stop()
    assert [int(message.value.split()[0]) for message in site.published()] == list(range(90))


def test_one_relay_leads_and_another_takes_over_when_it_loses_its_lock(site: Site) -> None:
    with ExitStack() as stack:
        relays = [stack.enter_context(site.relay()) for _ in range(2)]
        until(lambda: any(relay.leading for relay in relays))
        export = _export(site, events=50)
        until(lambda: site.saved() == site.store.head())
        assert [relay.leading for relay in relays].count(True) == 1
        _end_the_leader(site)
        _more(site, export, 50)
        until(lambda: site.saved() == site.store.head())
        assert [relay.leading for relay in relays].count(True) == 1
        assert [relay.failure for relay in relays] == [None, None]
    assert _first_times(site.published()) == site.log()


def test_a_stand_by_takes_over_from_a_relay_that_stops(site: Site) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(site.relay())
        until(lambda: first.leading)
        second = stack.enter_context(site.relay())
        assert first.stop(10)
        until(lambda: second.leading)
        _export(site, events=3)
        until(lambda: site.saved() == site.store.head())


def test_a_relay_that_stands_by_says_nothing_of_lag(site: Site) -> None:
    """What it last measured is nobody's lag any more once another relay leads."""
    with site.relay() as leader:
        until(lambda: leader.leading)
        name = f"{site.settings.kafka_prefix}relay"
        gauges = [
            gauge.labels(name) for gauge in (lag.blocked, lag.positions_behind, lag.seconds_behind)
        ]
        for gauge in gauges:
            gauge.set(99)
        with site.relay():
            until(lambda: [gauge._value.get() for gauge in gauges] == [0, 0, 0])


def test_while_kafka_is_away_nothing_is_skipped(site: Site) -> None:
    nobody = Settings(kafka_bootstrap=f"127.0.0.1:{free_port()}")
    addresses = iter([nobody, nobody])

    def publisher() -> Publisher:
        return Producer(next(addresses, site.settings), "relay")

    _export(site, events=5)
    with site.relay(publisher) as relay:
        until(lambda: site.saved() == site.store.head())
        assert relay.failure is None
    assert positions(site.published()) == site.log()


def test_a_store_of_another_epoch_ends_the_relay(site: Site) -> None:
    _export(site, events=2)
    with site.relay() as relay:
        until(lambda: site.saved() == site.store.head())
        site.store.new_epoch()
        until(lambda: relay.failure is not None)
        assert isinstance(relay.failure, EpochChanged)
    with site.relay() as relay:
        until(lambda: relay.failure is not None)
        assert isinstance(relay.failure, EpochChanged)
    assert len(site.published()) == 2


def test_a_store_that_lacks_what_is_published_publishes_nothing_more(site: Site) -> None:
    """As after a restore that nobody has told it of: the epoch is the same, events are not."""
    exports = [_export(site, events=3) for _ in range(4)]
    with site.relay():
        until(lambda: site.saved() == site.store.head())
    with psycopg.connect(site.url) as connection:
        connection.execute("DELETE FROM stored_events WHERE originator_id = %s", (exports[-1],))
        connection.execute("UPDATE consumers SET position = 9")
    other = _export(site, events=3)
    with site.relay() as relay:
        until(lambda: relay.failure is not None)
        assert isinstance(relay.failure, EpochChanged)
    assert str(other).encode() not in {message.key for message in site.published()}


def test_what_is_no_event_of_ours_on_a_topic_stops_no_relay(site: Site) -> None:
    topic = site.settings.kafka_prefix + EXPORTS.name
    producer = site.producer()
    producer.start()
    producer.publish([Message(topic=topic, key=b"k", value=b"garbage")], 20)
    producer.stop()
    assert foreign_places(site.settings, site.store) == []


def test_the_position_survives_a_restart(site: Site) -> None:
    for _ in range(2):
        _export(site, events=3)
        with site.relay():
            until(lambda: site.saved() == site.store.head())
    assert sorted(positions(site.published())) == site.log()


def test_while_kafka_is_silent_the_relay_says_so_and_can_be_stopped(site: Site) -> None:
    _export(site, events=3)
    with site.relay(_Silent) as relay:
        until(lambda: lag.blocked.labels(f"{site.settings.kafka_prefix}relay")._value.get() == 1)
        assert relay.failure is None
    assert site.saved() == 0
    with site.relay():
        until(lambda: site.saved() == site.store.head())
    assert positions(site.published()) == site.log()


class _Silent:
    """Kafka that takes a connection and then says nothing."""

    def start(self) -> None: ...

    def begin(self, messages: Sequence[Message]) -> Future[None]:
        assert messages
        return Future()

    def stop(self, timeout: float = 5.0) -> None: ...


def _export(site: Site, events: int) -> UUID:
    export = uuid4()
    site.store.append(export, 0, [REQUESTED])
    _more(site, export, events - 1)
    return export


def _more(site: Site, export: UUID, events: int) -> None:
    version = len(site.store.read(export))
    for number in range(version, version + events):
        site.store.append(export, number, [PAUSED if number % 2 else RESUMED])


def _end_the_leader(site: Site) -> None:
    """Whoever holds an advisory lock in this database."""
    with psycopg.connect(site.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database"
            " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
        )


def _first_times(messages: Sequence[Any]) -> list[int]:
    return list(dict.fromkeys(positions(messages)))
