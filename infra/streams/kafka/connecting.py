"""How every client of ours opens its connection to Kafka: where to, how secured, and as whom; and
how it is closed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from infra.settings import Settings

if TYPE_CHECKING:
    from faust.auth import Credentials

Client = TypeVar("Client", bound=Any)

_START_SECONDS = 0.5


def connection(settings: Settings) -> dict[str, Any]:
    """Arguments of an aiokafka client. Raises OSError when the CA file can't be read."""
    return {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": settings.kafka_security_protocol,
        "ssl_context": _context(settings),
        **_login(settings),
    }


def broker_options(settings: Settings) -> dict[str, Any]:
    """The same for a faust app."""
    brokers = (broker.strip() for broker in settings.kafka_bootstrap.split(","))
    return {
        "broker": ";".join(f"kafka://{broker}" for broker in brokers),
        "broker_credentials": _credentials(settings),
    }


@asynccontextmanager
async def started(client: Client) -> AsyncIterator[Client]:
    """An aiokafka client is connected inside the block. aiokafka leaves the socket of a start that
    is cancelled open, so the start is let come to its end first, if it does so soon."""
    starting = asyncio.create_task(client.start())
    try:
        await asyncio.shield(starting)
        yield client
    finally:
        try:
            await asyncio.wait([starting], timeout=_START_SECONDS)
            if starting.cancel():
                await asyncio.wait([starting])
        finally:  # even if it is cancelled once more
            await (client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())


@asynccontextmanager
async def asking(
    settings: Settings,
) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
    """For whoever only asks what is there, without being a member of any group."""
    async with (
        started(AIOKafkaAdminClient(**connection(settings))) as admin,
        started(AIOKafkaConsumer(enable_auto_commit=False, **connection(settings))) as consumer,
    ):
        yield admin, consumer


def _login(settings: Settings) -> dict[str, Any]:
    if not settings.kafka_username:
        return {}
    return {
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }


def _credentials(settings: Settings) -> Credentials | None:
    # Imported here: whoever only publishes needn't load faust.
    from faust.auth import SASLCredentials, SSLCredentials

    context = _context(settings)
    if settings.kafka_username:
        return SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)


def _context(settings: Settings) -> ssl.SSLContext | None:
    """The brokers' names are checked as well as their certificates."""
    if not settings.kafka_security_protocol.endswith("SSL"):
        return None
    return ssl.create_default_context(cafile=settings.kafka_ssl_cafile)
