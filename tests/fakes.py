"""In-memory adapters that keep the ports' promises; the contract suites hold them to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from secrets import token_bytes
from uuid import UUID, uuid4

from domain.ports import FileMissing, KeyDestroyed, StoredObject, SubjectErased
from infra.files.names import checked_key, checked_prefix, checked_range


class FakeFiles:
    """`failing` is raised by every call while it is set, so that a test can take the store away."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.failing: Exception | None = None

    def put(self, key: str, data: bytes) -> None:
        self._check()
        self.objects[checked_key(key)] = (bytes(data), datetime.now(UTC))

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        self._check()
        checked_range(start, length)
        try:
            data, _ = self.objects[checked_key(key)]
        except KeyError as error:
            raise FileMissing(key) from error
        return data[start:] if length is None else data[start : start + length]

    def delete(self, keys: Iterable[str]) -> None:
        self._check()
        for key in keys:
            self.objects.pop(checked_key(key), None)

    def find(self, prefix: str) -> Iterator[StoredObject]:
        self._check()
        checked_prefix(prefix)
        return iter(
            [
                StoredObject(key=key, size=len(data), modified_at=at)
                for key, (data, at) in sorted(self.objects.items())
                if key.startswith(prefix)
            ]
        )

    def sweep(self, older_than: datetime) -> int:
        """A put is whole or not at all, so there is nothing unfinished to remove."""
        self._check()
        del older_than
        return 0

    def _check(self) -> None:
        if self.failing is not None:
            raise self.failing


class FakeDataKeys:
    def __init__(self) -> None:
        self.keys: dict[str, bytes | None] = {}

    def obtain(self, name: str) -> bytes:
        key = self.keys.setdefault(name, token_bytes(32))
        if key is None:
            raise KeyDestroyed(name)
        return key

    def destroy(self, name: str) -> None:
        self.keys[name] = None


class FakeVault:
    def __init__(self) -> None:
        self.subjects: dict[tuple[str, str], UUID] = {}
        self.texts: dict[UUID, tuple[UUID, str]] = {}

    def subject(self, workspace: str, identity: str) -> UUID:
        return self.subjects.setdefault((workspace, identity), uuid4())

    def keep(self, subject: UUID, text: str) -> UUID:
        if subject not in self.subjects.values():
            raise SubjectErased(str(subject))
        reference = uuid4()
        self.texts[reference] = (subject, text)
        return reference

    def reveal(self, reference: UUID) -> str | None:
        _, text = self.texts.get(reference, (None, None))
        return text

    def erase(self, subject: UUID) -> None:
        self.texts = {ref: kept for ref, kept in self.texts.items() if kept[0] != subject}
        self.subjects = {who: ref for who, ref in self.subjects.items() if ref != subject}
