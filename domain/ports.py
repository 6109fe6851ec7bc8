"""What the rules and the processors need from the world, as protocols.

Adapters in `infra` satisfy them structurally. Every method is synchronous; asynchronous edges
call it from a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.datasets import Dataset
from domain.events import Event
from domain.rows import RowQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as the store holds it. `position` counts over the whole log, `version` from 1
    within its aggregate: it is the sequence number that every client sees."""

    position: int
    aggregate_id: UUID
    version: int
    event: Event


class VersionConflict(Exception):
    """Somebody else wrote to this aggregate first. Load it again and decide again."""


class StoreUnavailable(Exception):
    """The event store can't be reached now: try again shortly, with the same Idempotency-Key."""


class EventStore(Protocol):
    """The ordered log of everything that happened."""

    def append(self, aggregate_id: UUID, after: int, events: Sequence[Event]) -> int:
        """Stores events as versions `after` + 1, …, all or none, and returns the last position.

        Raises `VersionConflict` when the aggregate is not at version `after` any more."""

    def read(self, aggregate_id: UUID, after: int = 0) -> list[Recorded]:
        """An aggregate's events with a version above `after`, in order."""

    def log(self, after: int, limit: int) -> list[Recorded]:
        """Up to `limit` events with a position above `after`, in order, without gaps to come."""

    def head(self) -> int:
        """The last position; 0 for an empty store."""

    def epoch(self) -> UUID:
        """Which life of the store this is: a store restored from a backup gets a new epoch."""


class RowsUnavailable(Exception):
    """The source can't be read now. Check that its database runs and can be reached."""


class RowsRefused(Exception):
    """The source refused the query. Check the dataset's table, columns and permissions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """Consecutive rows as PostgreSQL COPY text: tab between values, line feed after each row,
    backslash escapes, `\\N` for null; UTF-8 as the source sent it."""

    rows: int
    data: bytes


class Snapshot(Protocol):
    """One consistent reading of a source; everything comes from the same instant."""

    @property
    def taken_at(self) -> datetime: ...

    def fragments(self, rows: int) -> Iterator[Fragment]:
        """All rows in order, `rows` to a fragment; only the last may be shorter."""

    def count(self) -> int:
        """How many rows match, whatever limit the query has."""

    def of(self, dataset: Dataset, query: RowQuery) -> Snapshot:
        """What another question to the same source is answered at the same instant. The fragments
        of this one must be read to the end before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`row_bytes`: how much of a row is stored, which is of the order of what its text takes."""

    rows: int
    row_bytes: int


class Rows(Protocol):
    """A source of rows: it compiles a checked query and never takes text into it."""

    def snapshot(self, dataset: Dataset, query: RowQuery) -> AbstractContextManager[Snapshot]: ...

    def estimate(self, dataset: Dataset, query: RowQuery) -> Estimate:
        """The planner's guess, whatever limit the query has; fast, may be wrong."""

    def count(self, dataset: Dataset, query: RowQuery) -> int:
        """The exact number of rows now."""

    def preview(self, dataset: Dataset, query: RowQuery, rows: int) -> Fragment:
        """The first rows of the query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A dataset and where its rows come from."""

    dataset: Dataset
    rows: Rows


class Sources(Protocol):
    """The declared datasets as they are now."""

    def find(self, dataset: str) -> Source | None: ...

    def all(self) -> list[Dataset]: ...


class FileMissing(Exception):
    """There is no such object in the file store."""


class FileBroken(Exception):
    """A stored object isn't what was stored: it was changed or cut off. Run the export again."""


class FilesFull(Exception):
    """The file store has no room left. Free some space, then retry the export."""


class FilesUnavailable(Exception):
    """The file store doesn't answer. Check that it runs, then retry the export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    key: str
    size: int
    modified_at: datetime


class Files(Protocol):
    """Opaque objects under keys such as `exports/{id}/1/parts/csv/00000007`."""

    def put(self, key: str, data: bytes) -> None:
        """Stores an object whole or not at all, replacing an earlier one."""

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """An object's bytes, or `length` of them from `start`. Raises `FileMissing`."""

    def delete(self, keys: Iterable[str]) -> None:
        """Removes objects; one that is not there is no error."""

    def find(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose key starts with `prefix`, in order of key."""


class KeyDestroyed(Exception):
    """The data key of this file was destroyed: the file can't be read again, by anyone."""


class DataKeys(Protocol):
    """256-bit data keys by name, each wrapped by the key-encryption key."""

    def obtain(self, name: str) -> bytes:
        """The key of this name, made at the first call. Raises `KeyDestroyed`."""

    def destroy(self, name: str) -> None:
        """Forgets the key for ever; the name can't be used again. A repeat is no error."""


class SubjectErased(Exception):
    """The person was erased from the vault, so nothing more is kept about them."""


class Vault(Protocol):
    """Where personal data and free text live, encrypted per subject and deletable; events hold
    references only."""

    def subject(self, workspace: str, identity: str) -> UUID:
        """The random reference of a person or program, the same at each call."""

    def keep(self, subject: UUID, text: str) -> UUID:
        """Stores a text that belongs to the subject and returns its reference."""

    def reveal(self, reference: UUID) -> str | None:
        """The text, or None when it was erased."""


class SealedFiles(Protocol):
    """Objects sealed with a data key and bound to their key in the store."""

    def put(self, key: str, data_key: bytes, data: bytes) -> int:
        """Seals and stores; returns the stored length in bytes."""

    def get(self, key: str, data_key: bytes) -> bytes:
        """Raises `FileMissing` or `FileBroken`."""

    def sealed_size(self, size: int) -> int:
        """The stored length of an object of `size` plain bytes."""


class Signer(Protocol):
    @property
    def key_id(self) -> str: ...

    def sign(self, document: Mapping[str, Any]) -> bytes:
        """The document in its signed envelope, as canonical JSON."""


class Clock(Protocol):
    def __call__(self) -> datetime:
        """Now, with a time zone."""
