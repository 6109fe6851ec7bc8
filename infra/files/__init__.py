"""The file store: sealed objects in a folder or a bucket, behind one port.

`open_files` picks the adapter from a URL, so that settings need one line and nobody else names a
class."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from domain.ports import Files
from infra.files.folder import FolderFiles
from infra.files.s3_settings import S3Settings

__all__ = ["FileStore", "FilesUnknown", "S3Settings", "open_files"]


class FilesUnknown(ValueError):
    """The place for files is a path, file:///path or s3://bucket[/prefix]; S3 needs an endpoint,
    an access key and a secret key."""


class FileStore(Files, Protocol):
    """What the composition roots need beyond the port."""

    def prepare(self) -> None:
        """Makes the folder or the bucket; once, at start or by `migrate`."""

    def sweep(self, older_than: datetime) -> int:
        """Removes what puts that were killed before `older_than` have left; says how many."""


def open_files(url: str, s3: S3Settings | None = None) -> FileStore:
    """Opens nothing yet: a store that is down shows at the first call. Raises `FilesUnknown`."""
    place = urlsplit(url)
    match place.scheme:
        case "s3" if s3 is not None and place.netloc:
            # Not above: its SDK takes half as long to import as all the rest.
            from infra.files.s3 import S3Files

            return S3Files(place.netloc, place.path, s3)
        case "file" if place.path and place.netloc in {"", "localhost"}:
            return FolderFiles(Path(unquote(place.path)))
        case "" if url:
            return FolderFiles(Path(url).expanduser().absolute())
        case _:
            raise FilesUnknown(url)
