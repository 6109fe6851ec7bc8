"""Objects in a bucket of any server that speaks S3, through the `minio` SDK.

An object is put with its length in one request, so it appears whole or not at all and a killed
process leaves no unfinished upload behind. A server that is gone is told from an object that is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import certifi
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from domain.ports import FileMissing, FilesFull, FilesUnavailable, StoredObject
from infra.files.names import checked_key, checked_prefix, checked_range

_ABSENT = {"NoSuchKey", "NoSuchObject"}
_BEYOND_THE_END = 416
_FULL = 507
_FULL_CODES = {"InsufficientStorage", "XMinioStorageFull", "QuotaExceeded"}
_SMALLEST_PART = 5 * 1024 * 1024
_READS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """`endpoint` is host[:port]. Without TLS (`secure`), our own sealing still hides the bytes on
    their way. The region is named, so that no request has to ask for it."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    secure: bool = True


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
        with _translated(self._bucket):
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
        with _translated(key):
            self._client.put_object(
                self._bucket, name, io.BytesIO(data), len(data), part_size=whole
            )

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        name = self._name(key)
        checked_range(start, length)
        with _translated(key):
            if length == 0:  # the SDK would take it for no limit
                self._client.stat_object(self._bucket, name)
                return b""
            return self._read(name, start, length)

    def delete(self, keys: Iterable[str]) -> None:
        """In requests of up to 1,000 keys."""
        names = [DeleteObject(self._name(key)) for key in keys]
        with _translated("delete"):
            for failure in self._client.remove_objects(self._bucket, names):
                if failure.code not in _ABSENT:
                    raise FilesUnavailable(f"{failure.name}: {failure.code} {failure.message}")

    def find(self, prefix: str) -> Iterator[StoredObject]:
        return self._found(checked_prefix(prefix))

    def sweep(self, older_than: datetime) -> int:
        """A put is one request, so there is nothing unfinished to remove."""
        del older_than
        return 0

    def _found(self, prefix: str) -> Iterator[StoredObject]:
        with _translated(prefix):
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
        for attempt in range(1, _READS + 1):
            try:
                return self._read_once(name, start, length)
            except HTTPError:
                if attempt == _READS:
                    raise
        raise AssertionError("unreachable")

    def _read_once(self, name: str, start: int, length: int | None) -> bytes:
        try:
            answer = self._client.get_object(self._bucket, name, offset=start, length=length or 0)
        except (S3Error, InvalidResponseError, ServerError) as error:
            if _status(error) == _BEYOND_THE_END:
                return b""
            raise
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()


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


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except MinioException as error:
        raise _meaning(key, error) from error
    except HTTPError as error:
        raise FilesUnavailable(f"{key}: {error}") from error


def _meaning(key: str, error: MinioException) -> Exception:
    code = error.code if isinstance(error, S3Error) else None
    if code in _ABSENT:
        return FileMissing(key)
    if code in _FULL_CODES or _status(error) == _FULL:
        return FilesFull(f"{key}: {error}")
    return FilesUnavailable(f"{key}: {error}")


def _status(error: MinioException) -> int | None:
    match error:
        case S3Error():
            return error.response.status
        case ServerError():
            return error.status_code
        case InvalidResponseError():
            return error._code  # the SDK keeps it to itself
        case _:
            return None
