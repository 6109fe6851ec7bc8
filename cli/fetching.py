"""Downloads that survive broken connections: what is there already isn't fetched again, and a file
gets its name when its digest is right."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cli import wording
from cli.bars import Bar, NoBar
from cli.client import Api
from cli.exits import Refused

_TRIES = 8  # without a byte in between
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """What the server says of a file. `sha256` is in hex; None where the server doesn't know it
    before it has read all: what `etag` names is still one file."""

    path: str
    name: str
    size: int
    sha256: str | None
    etag: str

    @property
    def mark(self) -> str:
        """Tells what was fetched of this file from what was fetched of another."""
        return (self.sha256 or hashlib.sha256(self.etag.encode()).hexdigest())[:12]


def look_at(api: Api, path: str) -> Remote:
    headers = api.head(path)
    try:
        digest = re.search(r"sha-256=:([^:]+):", headers.get("repr-digest", ""))
        return Remote(
            path=path,
            name=proposed_name(headers["content-disposition"]),
            size=int(headers["content-length"]),
            sha256=base64.b64decode(digest[1]).hex() if digest else None,
            etag=headers["etag"],
        )
    except (KeyError, ValueError) as error:
        raise Refused(f"{api.url}{path} is not served as Waybill serves files.") from error


def fetch(api: Api, remote: Remote, target: Path, bar: Bar | None = None) -> Path:
    """Raises `Refused`; what was fetched so far is kept and gone on with the next time."""
    part = target.with_name(f"{target.name}.{remote.mark}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _Download(api, remote, part, bar or NoBar()).run()
        part.replace(target)
    except OSError as error:
        where = error.filename or target
        raise Refused(f"{where} can't be written: {error.strerror}.") from error
    return target


class _Download:
    def __init__(self, api: Api, remote: Remote, part: Path, bar: Bar) -> None:
        self._api, self._remote, self._part, self._bar = api, remote, part, bar

    def run(self) -> None:
        self._hash: Any = hashlib.sha256()
        with self._part.open("a+b") as file:
            self._have = self._hash_what_is_there(file)
            tries = 0
            while self._have < self._remote.size:
                before = self._have
                try:
                    self._receive(file)
                except httpx.TransportError as error:
                    tries = 1 if self._have > before else tries + 1
                    if tries >= _TRIES:
                        raise self._api.unreachable(error) from error
                    time.sleep(min(5.0, 0.2 * 2**tries))
            self._show()
            file.flush()
            os.fsync(file.fileno())
        if self._remote.sha256 not in (None, self._hash.hexdigest()):
            self._part.unlink()
            raise Refused(
                "What arrived is not the file that the server has: the digests differ. "
                "Nothing was kept; try again."
            )

    def _hash_what_is_there(self, file: Any) -> int:
        file.seek(0)
        have = 0
        while piece := file.read(_PIECE):
            self._hash.update(piece)
            have += len(piece)
        if have > self._remote.size:
            self._start_over(file)
            return 0
        return have

    def _receive(self, file: Any) -> None:
        headers = {"Accept-Encoding": "identity"}
        if self._have:
            headers |= {"Range": f"bytes={self._have}-", "If-Range": self._remote.etag}
        with self._api.stream(self._remote.path, headers) as answer:
            if answer.headers.get("etag") != self._remote.etag:
                raise Refused("The file was changed while it was fetched. Try again.")
            if self._have and answer.status_code != httpx.codes.PARTIAL_CONTENT:
                self._start_over(file)
            for piece in answer.iter_raw():
                file.write(piece)
                self._hash.update(piece)
                self._have += len(piece)
                self._show()

    def _start_over(self, file: Any) -> None:
        file.truncate(0)
        self._hash, self._have = hashlib.sha256(), 0

    def _show(self) -> None:
        size = self._remote.size
        detail = f"{wording.size(self._have)} of {wording.size(size)}"
        self._bar.to(self._have / size if size else 1.0, "fetching", detail)


def proposed_name(disposition: str) -> str:
    """The last part of what the server proposes: a server must not choose a folder."""
    found = re.search(r'filename="([^"]+)"', disposition)
    name = Path(found[1].replace("\\", "/")).name if found else ""
    return name if name not in ("", ".", "..") else "export"
