"""How every client of ours opens its connection to Kafka: where to, how secured, and as whom."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from infra.settings import Settings

if TYPE_CHECKING:
    from faust.auth import Credentials


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
