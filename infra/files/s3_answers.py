"""What an S3 server's answers mean to us: gone is not missing, and full is not broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from domain.ports import FileMissing, FilesFull, FilesUnavailable

ABSENT = {"NoSuchKey", "NoSuchObject"}
_FULL = 507
_FULL_CODES = {"InsufficientStorage", "XMinioStorageFull", "QuotaExceeded"}
_BEYOND_THE_END = 416


@contextmanager
def translated(key: str) -> Iterator[None]:
    """Raises `FileMissing`, `FilesFull` or `FilesUnavailable` for what the SDK raises: its own
    errors, and urllib3's when a server is away or keeps on failing."""
    try:
        yield
    except MinioException as error:
        raise _meaning(key, error) from error
    except HTTPError as error:
        raise FilesUnavailable(f"{key}: {error}") from error


def is_beyond_the_end(error: MinioException) -> bool:
    """The range begins after the last byte; an object of no bytes has only such ranges."""
    return _status(error) == _BEYOND_THE_END


def _meaning(key: str, error: MinioException) -> Exception:
    code = error.code if isinstance(error, S3Error) else None
    if code in ABSENT:
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
