"""Objects in a bucket of any server that speaks S3, through the `minio` SDK.

An object is put with its length in one request, so it appears whole or not at all and a killed
process leaves no unfinished upload behind. A server that is gone is told from an object that is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

import certifi
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from domain.ports import FilesUnavailable, StoredObject
from infra.files.names import checked_key, checked_prefix, checked_range
from infra.files.s3_answers import ABSENT, is_beyond_the_end, translated
from infra.files.s3_settings import S3Settings

_SMALLEST_PART = 5 * 1024 * 1024
_READS = 3


class S3Files:
    """Thread-safe. Another process gets a connection of its own: pickling carries the settings
    only."""

    def __init__(self, bucket: str, prefix: str, settings: S3Settings) -> None:
        self._bucket, self._settings = bucket, settings
        self._prefix = checked_prefix(prefix.strip("/") + "/" if prefix.strip("/") else "")
        self._client = _client(settings)

    def __reduce__(self) -> tuple[type[S3Files], tuple[str, str, S3Settings]]:
        return S3Files, (self._bucket, self._prefix, self._settings)

    def prepare(self) -> None:
        """Makes the bucket when it isn't there."""
        with translated(self._bucket):
            if self._client.bucket_exists(self._bucket):
                return
            try:
                self._client.make_bucket(self._bucket)
            except S3Error as error:  # another process was faster
                if error.code != "BucketAlreadyOwnedByYou":
                    raise

    def put(self, key: str, data: bytes) -> None:
        name = self._name(key)
        whole = max(len(data), _SMALLEST_PART)
        with translated(key):
            self._client.put_object(
                self._bucket, name, io.BytesIO(data), len(data), part_size=whole
            )

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        name = self._name(key)
        checked_range(start, length)
        with translated(key):
            if length == 0:  # the SDK would take it for no limit
                self._client.stat_object(self._bucket, name)
                return b""
            return self._read(name, start, length)

    def delete(self, keys: Iterable[str]) -> None:
        """In requests of up to 1,000 keys."""
        names = [DeleteObject(self._name(key)) for key in keys]
        with translated("delete"):
            for failure in self._client.remove_objects(self._bucket, names):
                if failure.code not in ABSENT:
                    raise FilesUnavailable(f"{failure.name}: {failure.code} {failure.message}")

    def find(self, prefix: str) -> Iterator[StoredObject]:
        """Holds the objects under one part of a key at a time: ask with a prefix that ends with a
        slash, not for everything."""
        return _in_order(self._found(checked_prefix(prefix)), prefix.rpartition("/")[0])

    def sweep(self, older_than: datetime) -> int:
        """A put is one request, so there is nothing unfinished to remove."""
        del older_than
        return 0

    def _found(self, prefix: str) -> Iterator[StoredObject]:
        with translated(prefix):
            for item in self._client.list_objects(
                self._bucket, prefix=self._prefix + prefix, recursive=True
            ):
                yield StoredObject(
                    key=str(item.object_name).removeprefix(self._prefix),
                    size=item.size or 0,
                    modified_at=item.last_modified,
                )

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _read(self, name: str, start: int, length: int | None) -> bytes:
        """The SDK tries again until the answer begins; this, when it breaks off."""
        for _ in range(_READS - 1):
            with suppress(ProtocolError, ReadTimeoutError):
                return self._read_once(name, start, length)
        return self._read_once(name, start, length)

    def _read_once(self, name: str, start: int, length: int | None) -> bytes:
        try:
            answer = self._client.get_object(self._bucket, name, offset=start, length=length or 0)
        except MinioException as error:
            if is_beyond_the_end(error):
                return b""
            raise
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()


def _in_order(found: Iterator[StoredObject], folder: str) -> Iterator[StoredObject]:
    """In order of key. S3 itself lists so, but servers that keep folders list `a/…` before `a.b`;
    only parts that begin alike can be out of order."""
    held: list[StoredObject] = []
    first = ""
    for item in found:
        part = item.key[len(folder) :].lstrip("/").partition("/")[0]
        if not part.startswith(first):
            yield from sorted(held, key=_key)
            held.clear()
        first = first if held else part
        held.append(item)
    yield from sorted(held, key=_key)


def _key(item: StoredObject) -> str:
    return item.key


def _client(settings: S3Settings) -> Minio:
    return Minio(
        settings.endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        secure=settings.secure,
        region=settings.region,
        http_client=PoolManager(
            timeout=Timeout(connect=5, read=30),
            maxsize=16,
            cert_reqs="CERT_REQUIRED",
            ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
            retries=_PATIENCE,
        ),
    )


_PATIENCE = Retry(
    total=4,
    read=2,
    backoff_factor=0.2,
    status_forcelist=[500, 502, 503, 504],
    allowed_methods=None,  # every request of ours can be repeated
    respect_retry_after_header=False,  # a caller waits seconds, not what a server likes
)
