"""Objects as files of a local or mounted folder, for the embedded default.

An object appears whole or not at all, also after a power cut: it is written beside its place,
flushed, renamed, and the folder is flushed. Only the owner can read it.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domain.ports import FileMissing, FilesFull, FilesUnavailable, StoredObject
from infra.files.names import KeyRefused, checked_key, checked_prefix, checked_range

_UNFINISHED = ".put-"  # no key has a part that begins with a dot
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MISPLACED = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY}


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """`root` must exist: a folder that isn't there is a disk that isn't mounted, not an empty
    store. `prepare` makes it."""

    root: Path

    def prepare(self) -> None:
        """Makes the folder, for its owner only."""
        with _translated(str(self.root)):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        with _translated(key):
            self._require_root()
            unfinished = self._write_beside(path, data)
            try:
                unfinished.replace(path)
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise
            with suppress(FileNotFoundError):  # deleted again, and the folder pruned
                _flush_folder(path.parent)

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        path = self._path(key)
        checked_range(start, length)
        with _translated(key):
            try:
                return _read(path, start, length)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                self._require_root()
                raise FileMissing(key) from error

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            path = self._path(key)
            with _translated(key):
                self._require_root()
                with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                    path.unlink()
                self._prune(path.parent)

    def find(self, prefix: str) -> Iterator[StoredObject]:
        return self._found(checked_prefix(prefix))

    def sweep(self, older_than: datetime) -> int:
        """Removes what puts that were killed before `older_than` have left; says how many."""
        with _translated(str(self.root)):
            self._require_root()
            stale = [
                path
                for path in self.root.rglob(f"{_UNFINISHED}*")
                if _modified(path.stat()) < older_than
            ]
            for path in stale:
                path.unlink(missing_ok=True)
            return len(stale)

    def _found(self, prefix: str) -> Iterator[StoredObject]:
        with _translated(prefix):
            self._require_root()
            yield from _walk(self.root, "", prefix)

    def _path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def _require_root(self) -> None:
        if not self.root.is_dir():
            raise FilesUnavailable(f"the folder {self.root} is not there")

    def _write_beside(self, path: Path, data: bytes) -> Path:
        for _ in range(100):
            with suppress(FileNotFoundError):  # a delete pruned the folder in between
                self._make_folders(path.parent)
                return _write_unfinished(path.parent, data)
        raise FilesUnavailable(f"the folder {path.parent} vanishes again and again")

    def _make_folders(self, folder: Path) -> None:
        """Like `mkdir -p` below the root, each new entry flushed to disk."""
        if folder.is_dir():
            return
        if folder.is_file():
            raise NotADirectoryError(errno.ENOTDIR, "an object has this folder's name", folder)
        self._make_folders(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            _flush_folder(folder.parent)

    def _prune(self, folder: Path) -> None:
        """Removes the folders that have become empty; one that is in use stays."""
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


def _write_unfinished(folder: Path, data: bytes) -> Path:
    path = folder / f"{_UNFINISHED}{secrets.token_hex(8)}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        _write_all(descriptor, data)
        os.fsync(descriptor)
    except BaseException:  # interrupted, or there was no room
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return path


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, start: int, length: int | None) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(-1 if length is None else length)


def _walk(folder: Path, above: str, prefix: str) -> Iterator[StoredObject]:
    """In order of key: a folder sorts as its name with a slash."""
    for name in _sorted_names(folder):
        key = above + name
        if key.endswith("/") and (key.startswith(prefix) or prefix.startswith(key)):
            yield from _walk(folder / name, key, prefix)
        elif not key.endswith("/") and key.startswith(prefix):
            with suppress(FileNotFoundError):
                status = (folder / name).stat()
                yield StoredObject(key=key, size=status.st_size, modified_at=_modified(status))


def _sorted_names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name + "/" * entry.is_dir(follow_symlinks=False)
                for entry in entries
                if not entry.name.startswith(_UNFINISHED)
            )
    except FileNotFoundError:
        return []  # pruned while we walked


def _modified(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise FilesFull(f"{key}: {error.strerror}") from error
        if error.errno in _MISPLACED:
            raise KeyRefused(f"{key} is inside or around another object's key") from error
        raise FilesUnavailable(f"{key}: {error.strerror}") from error
