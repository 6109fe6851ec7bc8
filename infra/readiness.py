"""Whether the parts that a process needs can be used, each by a check that raises what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.ports import FileMissing
from infra.installation import Installation
from infra.keys import open_kek
from infra.streams.consumers import EpochChanged

Checks = Mapping[str, Callable[[], None]]

_PATIENCE = 4.0
"""Seconds for Kafka to answer; its client would try for 40."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How a process is, or a part of it: `alive` is False when only a new process helps."""

    checks: Checks
    alive: Callable[[], bool]


NOTHING_MORE = Vitals(checks={}, alive=lambda: True)


def parts(installation: Installation) -> Checks:
    """What every role needs: events, files, keys, and the life of the store that it began with."""
    epoch = installation.store.epoch()
    return {
        "events": lambda: _ask(installation.store.head),
        "files": lambda: _files(installation),
        "keys": lambda: _keys(installation),
        "epoch": lambda: _epoch(installation, epoch),
    }


def kafka(installation: Installation) -> Checks:
    """What those need beside it that work over Kafka. The API doesn't: what it stores is published
    when Kafka is back."""
    from infra.streams.kafka.loop_thread import LoopThread
    from infra.streams.kafka.producer import KafkaUnavailable
    from infra.streams.kafka.topics import TOPICS, check_topics

    settings = installation.settings
    names = {settings.kafka_prefix + topic.name for topic in TOPICS}

    def reach() -> None:
        with LoopThread("readiness") as loop:
            asked = loop.submit(asyncio.wait_for(check_topics(settings, names), _PATIENCE))
            try:
                asked.result()
            except TimeoutError as error:
                raise KafkaUnavailable from error

    return {"kafka": reach}


def _ask(question: Callable[[], object]) -> None:
    question()


def _files(installation: Installation) -> None:
    """A store that says that this object isn't there has answered."""
    try:
        installation.files.get("readiness", 0, 1)
    except FileMissing:
        return


def _keys(installation: Installation) -> None:
    """The key file is there and is the one that this installation's data were sealed with."""
    open_kek(installation.settings.kek_path, installation.pool, create=False)


def _epoch(installation: Installation, epoch: UUID) -> None:
    if installation.store.epoch() != epoch:
        raise EpochChanged("this process")
