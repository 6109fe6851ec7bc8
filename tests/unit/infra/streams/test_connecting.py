"""The settings of Kafka's security reach its clients, or are refused with what to do."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from faust.auth import SASLCredentials, SSLCredentials
from pydantic import SecretStr, ValidationError

from infra.settings import Settings
from infra.streams.kafka.connecting import broker_options, connection

LOGIN: dict[str, Any] = {"kafka_username": "waybill", "kafka_password": SecretStr("pa55")}


def test_nothing_set_is_plain_text_without_a_login() -> None:
    assert connection(Settings()) == {
        "bootstrap_servers": "localhost:9092",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }
    assert broker_options(Settings())["broker_credentials"] is None


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_a_login_reaches_both_kinds_of_client(protocol: Any) -> None:
    settings = Settings(kafka_security_protocol=protocol, **LOGIN)
    arguments = connection(settings)
    credentials = broker_options(settings)["broker_credentials"]
    assert arguments["security_protocol"] == protocol == credentials.protocol.value
    assert arguments["sasl_mechanism"] == "SCRAM-SHA-512" == credentials.mechanism.value
    assert arguments["sasl_plain_password"] == "pa55" == credentials.password
    assert arguments["sasl_plain_username"] == "waybill" == credentials.username
    assert isinstance(credentials, SASLCredentials)
    assert "pa55" not in repr(settings)


def test_over_tls_certificates_and_names_are_checked() -> None:
    settings = Settings(kafka_security_protocol="SSL")
    credentials = broker_options(settings)["broker_credentials"]
    assert isinstance(credentials, SSLCredentials)
    for context in (connection(settings)["ssl_context"], credentials.context):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"kafka_security_protocol": "SASL_SSL"}, "WAYBILL_KAFKA_PASSWORD"),
        ({"kafka_security_protocol": "SASL_SSL", "kafka_username": "me"}, "WAYBILL_KAFKA_PASSWORD"),
        (LOGIN, "SASL_SSL"),
        ({"kafka_security_protocol": "SSL", **LOGIN}, "SASL_SSL"),
        ({"kafka_security_protocol": "TLS"}, "SASL_PLAINTEXT"),
        ({"kafka_sasl_mechanism": "GSSAPI"}, "SCRAM-SHA-512"),
    ],
)
def test_half_a_login_is_refused_with_what_to_set(given: dict[str, Any], advice: str) -> None:
    with pytest.raises(ValidationError, match=advice):
        Settings(**given)
