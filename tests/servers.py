"""The real servers as fixtures: PostgreSQL, Kafka and S3.

They start when the first test asks for one, serve the whole run, xdist's workers included, and end
with it. WAYBILL_TEST_DATABASE_URL, WAYBILL_TEST_KAFKA and WAYBILL_TEST_S3_URL name servers that
run already. A server that can't be had fails the tests that need it; nothing is skipped.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from infra.dev.choice import server_name
from infra.dev.s3 import S3Address
from infra.dev.shared import shared


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Space:
    """An S3 server and the name of a bucket that nobody else uses and that isn't made yet."""

    endpoint: str
    access_key: str
    secret_key: str
    region: str
    secure: bool
    bucket: str


@pytest.fixture(scope="session")
def run_dir() -> Path:
    """This run's folder, one for all of xdist's workers. tests/conftest.py named it."""
    directory = Path(os.environ["WAYBILL_TEST_RUN_DIR"])
    directory.mkdir(exist_ok=True)
    directory.chmod(0o711)  # root's PostgreSQL drops to another user
    return directory


@pytest.fixture(scope="session")
def postgres_url(run_dir: Path) -> Iterator[str]:
    """A PostgreSQL server: the URL of a database in which nobody should write."""
    with _server("postgres", "WAYBILL_TEST_DATABASE_URL", run_dir) as address:
        yield address


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A new, empty database for this test."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str) -> Iterator[str]:
    """A new, empty database for this module."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def kafka_bootstrap(run_dir: Path) -> Iterator[str]:
    """A Kafka broker: `host:port`. It makes no topic by itself."""
    with _server("kafka", "WAYBILL_TEST_KAFKA", run_dir) as address:
        yield address


@pytest.fixture
def topic_prefix() -> str:
    """What this test's topics and groups begin with."""
    return f"t{secrets.token_hex(5)}."


@pytest.fixture(scope="session")
def s3_address(run_dir: Path) -> Iterator[S3Address]:
    """An S3 server."""
    with _server("s3", "WAYBILL_TEST_S3_URL", run_dir) as address:
        yield S3Address.parse(address)


@pytest.fixture
def s3(s3_address: S3Address) -> Iterator[S3Space]:
    """An S3 server and a bucket name for this test; the bucket is removed after it."""
    bucket = f"t-{secrets.token_hex(6)}"
    yield S3Space(
        endpoint=s3_address.endpoint,
        access_key=s3_address.access_key,
        secret_key=s3_address.secret_key,
        region=s3_address.region,
        secure=s3_address.secure,
        bucket=bucket,
    )
    _remove_bucket(s3_address, bucket)


@pytest.fixture
def data_dir(run_dir: Path) -> Iterator[Path]:
    """A data directory for an embedded Waybill. Unlike pytest's `tmp_path` it can be reached by
    the user to whom a root's PostgreSQL drops, so that nothing is left elsewhere."""
    directory = run_dir / f"data-{secrets.token_hex(4)}"
    directory.mkdir(mode=0o711)
    yield directory
    shutil.rmtree(directory)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """A new, empty database on this server, dropped at the end, whoever still uses it."""
    name = sql.Identifier(f"t_{secrets.token_hex(6)}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    try:
        yield _url_of(server, name.as_string().strip('"'))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@contextmanager
def _server(kind: str, variable: str, run_dir: Path) -> Iterator[str]:
    if address := os.environ.get(variable):
        yield address
        return
    with shared(server_name(kind), run_dir) as address:
        yield address


def _url_of(server: str, database: str) -> str:
    parts = conninfo_to_dict(server)
    return (
        f"postgresql://{parts['user']}:{parts['password']}"
        f"@{parts['host']}:{parts.get('port', 5432)}/{database}"
    )


def _remove_bucket(address: S3Address, bucket: str) -> None:
    client = address.client()
    if not client.bucket_exists(bucket):
        return
    for found in client.list_objects(bucket, recursive=True, include_version=True):
        client.remove_object(bucket, found.object_name or "", version_id=found.version_id)
    client.remove_bucket(bucket)
