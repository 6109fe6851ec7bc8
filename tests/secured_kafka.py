"""A real broker that lets nobody in without a login over TLS, and nobody do what isn't allowed."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.dev.kafka import Kafka
from infra.free_ports import LOOPBACK, free_ports_below
from infra.streams.kafka.permissions import Permission

# The numbers of Kafka's protocol.
_ON = {"topic": 2, "group": 3}
_PATTERN = {False: 3, True: 4}
_OPERATION = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8}
_ALLOW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuredKafka:
    """`inside` is where whoever administers the broker talks to it; `passwords` are by user."""

    bootstrap: str
    inside: str
    cafile: Path
    passwords: dict[str, str]

    def allow(self, permissions: Iterable[Permission]) -> None:
        """What `kafka-acls.sh` does with their arguments."""
        asyncio.run(self._allow(permissions))

    async def _allow(self, permissions: Iterable[Permission]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.inside)
        try:
            await admin.start()
            for each in permissions:
                for operation in each.operations:
                    answer = await admin._send_to_controller(_request(each, operation))
                    assert [code for code, _ in answer.creation_responses] == [0]
        finally:
            await admin.close()


@contextmanager
def secured_kafka(directory: Path, *users: str) -> Iterator[SecuredKafka]:
    passwords = {user: secrets.token_hex(12) for user in users}
    port, controller, clients = free_ports_below(32_000, count=3)
    directory.mkdir(exist_ok=True)
    (directory / "ports.json").write_text(json.dumps([port, controller]))
    cafile, keys = _certificate(directory)
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    settings = {
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller},"
        f"CLIENTS://{LOOPBACK}:{clients}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port},CLIENTS://{LOOPBACK}:{clients}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "CLIENTS:SASL_SSL",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.clients.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.clients.ssl.keystore.type": "PEM",
        "listener.name.clients.ssl.keystore.location": str(keys),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",  # whoever is inside
    }
    kafka = Kafka(directory, settings=settings, users=passwords)
    inside = kafka.start()
    try:
        yield SecuredKafka(
            bootstrap=f"{LOOPBACK}:{clients}", inside=inside, cafile=cafile, passwords=passwords
        )
    finally:
        kafka.stop()


def _request(permission: Permission, operation: str) -> CreateAclsRequest:
    return CreateAclsRequest(
        _ON[permission.on], permission.name, _PATTERN[permission.prefixed],
        f"User:{permission.principal}", "*", _OPERATION[operation], _ALLOW,
    )  # fmt: skip


def _certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and a file with its key beside it, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kafka")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    cafile, keys = directory / "ca.pem", directory / "keys.pem"
    cafile.write_bytes(certificate)
    keys.write_bytes(secret + certificate)
    return cafile, keys
