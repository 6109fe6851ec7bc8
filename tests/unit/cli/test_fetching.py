"""A download goes on where it was broken off, and is only kept when its digest is right."""

from __future__ import annotations

import base64
import hashlib
import time
from pathlib import Path

import httpx
import pytest

from cli.exits import Code, Refused
from cli.fetching import fetch, look_at
from tests.unit.cli.servers import answering

DATA = bytes(range(256)) * 40
PATH = "/v1/exports/x/files/csv"


class FileServer:
    """Serves DATA; `cuts` are after how many bytes the first answers break off."""

    def __init__(
        self, *cuts: int, data: bytes = DATA, name: str = "flights.csv", digest: bool = True
    ) -> None:
        self.cuts = list(cuts)
        self.data = data
        self.name = name
        self.digest = digest
        self.ranges: list[str | None] = []
        self.ignores_ranges = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        digest = hashlib.sha256(DATA)
        headers = {
            "ETag": f'"{digest.hexdigest()}"',
            "Repr-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
            "Content-Disposition": f'attachment; filename="{self.name}"',
        }
        if not self.digest:
            del headers["Repr-Digest"]
        if request.method == "HEAD":
            return httpx.Response(200, headers={**headers, "Content-Length": str(len(self.data))})
        wanted = request.headers.get("range")
        self.ranges.append(wanted)
        first = 0
        if wanted and not self.ignores_ranges:
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
        return httpx.Response(
            206 if first else 200, headers=headers, stream=self._body(self.data[first:])
        )

    def _body(self, data: bytes) -> httpx.SyncByteStream:
        return Broken(data[: self.cuts.pop(0)]) if self.cuts else httpx.ByteStream(data)


class Broken(httpx.SyncByteStream):
    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self):  # type: ignore[no-untyped-def] # a generator for httpx
        yield self._data
        raise httpx.ReadError("broken")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


def download(server: FileServer, target: Path) -> Path:
    api = answering(server)
    return fetch(api, look_at(api, PATH), target)


def test_the_whole_file_arrives_under_its_name_alone(tmp_path: Path) -> None:
    assert download(FileServer(), tmp_path / "new" / "out.csv").read_bytes() == DATA
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["out.csv"]


def test_a_broken_connection_is_taken_up_where_it_ended(tmp_path: Path) -> None:
    server = FileServer(1000, 0, 3000)
    assert download(server, tmp_path / "out.csv").read_bytes() == DATA
    assert server.ranges == [None, "bytes=1000-", "bytes=1000-", "bytes=4000-"]


def test_a_later_run_goes_on_with_what_an_earlier_one_left(tmp_path: Path) -> None:
    server = FileServer(1000, *[0] * 8)
    with pytest.raises(Refused) as refused:
        download(server, tmp_path / "out.csv")
    assert refused.value.code is Code.UNREACHABLE
    assert not (tmp_path / "out.csv").exists()
    again = FileServer()
    assert download(again, tmp_path / "out.csv").read_bytes() == DATA
    assert again.ranges == ["bytes=1000-"]


def test_a_file_that_is_there_in_full_is_not_fetched_again(tmp_path: Path) -> None:
    part = tmp_path / f"out.csv.{hashlib.sha256(DATA).hexdigest()[:12]}.part"
    part.write_bytes(DATA)
    server = FileServer()
    assert download(server, tmp_path / "out.csv").read_bytes() == DATA
    assert server.ranges == []


def test_a_part_that_is_too_long_is_fetched_anew(tmp_path: Path) -> None:
    part = tmp_path / f"out.csv.{hashlib.sha256(DATA).hexdigest()[:12]}.part"
    part.write_bytes(DATA + b"more")
    assert download(FileServer(), tmp_path / "out.csv").read_bytes() == DATA


def test_a_server_that_knows_no_ranges_sends_it_all_again(tmp_path: Path) -> None:
    server = FileServer(1000)
    server.ignores_ranges = True
    assert download(server, tmp_path / "out.csv").read_bytes() == DATA


def test_a_file_with_another_digest_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="digests differ"):
        download(FileServer(data=DATA[::-1]), tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_digest_beforehand_is_taken_up_by_its_tag(tmp_path: Path) -> None:
    server = FileServer(1000, digest=False, name="all.zip")
    assert download(server, tmp_path / "all.zip").read_bytes() == DATA
    assert server.ranges == [None, "bytes=1000-"]


def test_an_empty_file_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.DATA", b"")
    assert download(FileServer(data=b""), tmp_path / "out.csv").read_bytes() == b""


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\passwd", "/etc/passwd"])
def test_a_server_cant_choose_the_folder(name: str) -> None:
    assert look_at(answering(FileServer(name=name)), PATH).name == "passwd"


def test_a_folder_that_cant_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="can't be written"):
        download(FileServer(), tmp_path / "file" / "out.csv")
