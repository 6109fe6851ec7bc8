"""What `waybill doctor` looks at in Kafka: the topics, and how far each group has read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aiokafka.errors import KafkaError

from cli.finding import Finding
from cli.work_findings import lag_finding
from domain.streams import Kind
from infra.settings import Settings
from infra.streams.kafka.group_lag import GroupLags
from infra.streams.kafka.topics import TOPIC_OF, TOPICS
from projections.catalogue import READ_MODELS

_PATIENCE = 15.0
_GROUPS: dict[str, frozenset[Kind]] = {
    "plan_exports": frozenset({Kind.EXPORT}),
    "queue_work": frozenset({Kind.EXPORT}),
    **{name: model.kinds for name, model in READ_MODELS.items()},
}


def kafka_findings(settings: Settings) -> Iterator[Finding]:
    try:
        yield from asyncio.run(asyncio.wait_for(_look(settings), _PATIENCE))
    except (KafkaError, OSError, TimeoutError) as error:
        yield Finding(
            name="kafka",
            ok=False,
            detail=f"{settings.kafka_bootstrap} doesn't answer ({type(error).__name__})",
            advice="Check that it runs, and WAYBILL_KAFKA_BOOTSTRAP.",
        )


async def _look(settings: Settings) -> list[Finding]:
    async with GroupLags.connected(settings) as lags:
        topics = await _topics(settings, lags)
        if not topics.ok:
            return [topics]
        return [topics, *[await _group(settings, lags, name) for name in _GROUPS]]


async def _topics(settings: Settings, lags: GroupLags) -> Finding:
    wanted = {settings.kafka_prefix + topic.name for topic in TOPICS}
    missing = wanted - await lags.topics()
    return Finding(
        name="topics",
        ok=not missing,
        detail=f"missing: {', '.join(sorted(missing))}" if missing else f"all {len(wanted)}",
        advice="Run `waybill migrate`.",
    )


async def _group(settings: Settings, lags: GroupLags, name: str) -> Finding:
    topics = [settings.kafka_prefix + TOPIC_OF[kind].name for kind in sorted(_GROUPS[name])]
    found = await lags.measure(f"{settings.kafka_prefix}waybill.{name}", topics)
    return lag_finding(f"group {name}", found.messages, found.seconds)
