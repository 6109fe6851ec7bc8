"""A file of sealed segments reads like one file, from any byte, in little memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.manifests import Manifest, Segment
from domain.ports import FileBroken, FileMissing, FilesUnavailable, KeyDestroyed
from infra.files.sealed import WINDOW, SealedFiles, read_range
from infra.files.sealing import FRAME
from tests.fakes import FakeDataKeys, FakeFiles

NAME = "exports/x"


class Stored:
    """A file of these segments in a fake store."""

    def __init__(self, *parts: bytes) -> None:
        self.files, self.keys = FakeFiles(), FakeDataKeys()
        self.plain = b"".join(part[start:] for start, part in self._cut(parts))
        key, sealed = self.keys.obtain(NAME), SealedFiles(self.files)
        self.manifest = Manifest(
            file="csv",
            name="x.csv",
            media_type="text/csv",
            data_key=NAME,
            size=len(self.plain),
            sha256=hashlib.sha256(self.plain).hexdigest(),
            segments=tuple(
                Segment(
                    key=f"x/{index}",
                    start=start,
                    size=len(part) - start,
                    whole=len(part),
                    sha256=hashlib.sha256(part[start:]).hexdigest(),
                )
                for index, (start, part) in enumerate(self._cut(parts))
            ),
        )
        for index, part in enumerate(parts):
            sealed.put(f"x/{index}", key, part)

    @staticmethod
    def _cut(parts: tuple[bytes, ...]) -> list[tuple[int, bytes]]:
        """One segment leaves out the first third of its object."""
        return [(len(part) // 3 * (index == 3), part) for index, part in enumerate(parts)]

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        return read_range(self.files, self.keys, self.manifest, start, length)


@pytest.fixture(scope="module")
def stored() -> Stored:
    return Stored(b"head\r\n", os.urandom(FRAME * 3 + 5), b"", os.urandom(2 * WINDOW + 77), b"end")


def test_the_whole_file_is_its_segments_in_order(stored: Stored) -> None:
    assert b"".join(stored.read()) == stored.plain


@settings(max_examples=80)
@given(data=st.data())
def test_any_range_is_the_slice(stored: Stored, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(stored.plain) + 10))
    length = data.draw(st.one_of(st.none(), st.integers(0, 3 * WINDOW)))
    expected = stored.plain[start:] if length is None else stored.plain[start : start + length]
    assert b"".join(stored.read(start, length)) == expected


def test_no_piece_and_no_request_is_larger_than_a_window(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    get = stored.files.get

    def watched(key: str, start: int = 0, length: int | None = None) -> bytes:
        asked.append(length or 0)
        return get(key, start, length)

    monkeypatch.setattr(stored.files, "get", watched)
    pieces = [len(piece) for piece in stored.read(FRAME + 3)]
    assert max(pieces) == WINDOW
    assert max(asked) <= WINDOW + 32 * 28
    assert sum(asked) <= stored.manifest.size + FRAME  # no frame is fetched twice
    assert len(asked) == len(pieces)


def test_a_range_asks_only_for_the_frames_around_it(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int, int | None]] = []
    get = stored.files.get

    def watched(key: str, start: int = 0, length: int | None = None) -> bytes:
        asked.append((key, start, length))
        return get(key, start, length)

    monkeypatch.setattr(stored.files, "get", watched)
    assert len(b"".join(stored.read(6 + FRAME + 1, 10))) == 10
    assert asked == [("x/1", FRAME + 28, FRAME + 28)]


def test_a_key_destroyed_during_a_download_ends_it() -> None:
    stored = Stored(b"first", b"second")
    pieces = stored.read()
    assert next(pieces) == b"first"
    stored.keys.destroy(NAME)
    with pytest.raises(KeyDestroyed):
        next(pieces)


def test_a_segment_swapped_for_another_is_noticed() -> None:
    stored = Stored(b"first!", b"second")
    stored.files.objects["x/0"], stored.files.objects["x/1"] = (
        stored.files.objects["x/1"],
        stored.files.objects["x/0"],
    )
    with pytest.raises(FileBroken):
        next(stored.read())


def test_a_lost_segment_is_noticed() -> None:
    stored = Stored(b"first", b"second")
    stored.files.delete(["x/1"])
    with pytest.raises(FileMissing):
        list(stored.read())


def test_a_store_that_goes_away_ends_the_read() -> None:
    stored = Stored(b"first", b"second")
    pieces = stored.read()
    next(pieces)
    stored.files.failing = FilesUnavailable("gone")
    with pytest.raises(FilesUnavailable):
        next(pieces)


def test_a_sealed_object_comes_back_and_says_its_stored_length() -> None:
    files, key = FakeFiles(), os.urandom(32)
    sealed = SealedFiles(files)
    length = sealed.put("x/blocks/1", key, b"rows" * 100_000)
    assert length == len(files.get("x/blocks/1")) == sealed.sealed_size(400_000)
    assert sealed.get("x/blocks/1", key) == b"rows" * 100_000
