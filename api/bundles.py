"""All that an export made in one zip: its files, their signed waybills, the lists of rejected rows,
and how to check them.

Nothing of it is stored. The files are stored in the zip as they are, not deflated, so that every
byte's place is known before the first one is read: the bundle has a length, and any range of it can
be fetched. The same export gives the same bytes."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from api.contents import file_name, ready_file
from api.delivery import Content
from api.ports import ApiPorts
from api.present import Shown
from domain.manifests import Manifest
from domain.zips import Entry, Method, Zip
from projections.history import HistoryFile

BUNDLE = "bundle"
"""Under which name a grant of it is recorded; no file of an export is called so."""

README = "README.txt"

_LAYOUT = "waybill bundle 1"
"""To be raised when the same export begins to give another bundle: it stands in the ETag."""


def bundle_of(ports: ApiPorts, shown: Shown) -> Content:
    """Raises a problem when not all files can be fetched now, and what the file store raises."""
    files = ready_files(ports, shown)
    members = [member for file in files for member in _members(ports, shown, file)]
    members.append(_held(README, _readme(shown, files)))
    runs = list(_runs(members))
    return Content(
        export_id=shown.row.export_id,
        name=file_name(shown, "zip"),
        media_type="application/zip",
        size=sum(run.size for run in runs),
        tag=_tag(members),
        sha256=None,
        read=partial(_read, runs),
    )


def ready_files(ports: ApiPorts, shown: Shown) -> list[HistoryFile]:
    """Raises a problem when one of them can't be fetched now."""
    now = ports.clock()
    return [ready_file(shown, file.name, now) for file in shown.row.files]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Bytes of the bundle; `read` gives so many of them from a place on, in pieces. What is `held`
    needs no store."""

    size: int
    held: bool
    read: Callable[[int, int], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    name: str
    crc32: int
    sha256: str
    content: _Run


def _members(ports: ApiPorts, shown: Shown, file: HistoryFile) -> Iterator[_Member]:
    row = shown.row
    manifest = ports.files.manifest(row.export_id, row.attempt, file.name)
    read = partial(ports.files.read, manifest)
    yield _Member(
        name=manifest.name,
        crc32=_crc32(manifest, read),
        sha256=manifest.sha256,
        content=_Run(size=manifest.size, held=False, read=read),
    )
    waybill = ports.files.waybill(row.export_id, row.attempt, file.name)
    yield _held(f"{manifest.name}.waybill.json", waybill)
    if file.rejected:
        rejections = ports.files.rejections(row.export_id, row.attempt, file.name)
        yield _held(f"{manifest.name}.rejections.ndjson", rejections)


def _crc32(manifest: Manifest, read: Callable[[int, int], Iterator[bytes]]) -> int:
    """A manifest of before it was kept costs one more reading of the file."""
    if manifest.crc32 is not None:
        return manifest.crc32
    crc = 0
    for piece in read(0, manifest.size):
        crc = zlib.crc32(piece, crc)
    return crc


def _held(name: str, data: bytes) -> _Member:
    return _Member(
        name=name,
        crc32=zlib.crc32(data),
        sha256=hashlib.sha256(data).hexdigest(),
        content=_run(data),
    )


def _run(data: bytes) -> _Run:
    def read(first: int, length: int) -> Iterator[bytes]:
        yield data[first : first + length]

    return _Run(size=len(data), held=True, read=read)


def _runs(members: Sequence[_Member]) -> Iterator[_Run]:
    file = Zip()
    for member in members:
        size = member.content.size
        entry = Entry(
            name=member.name, method=Method.STORED, size=size, stored=size, crc=member.crc32
        )
        yield _run(file.opening(entry))
        yield member.content
    yield _run(file.closing())


def _read(runs: Sequence[_Run], first: int, length: int) -> Iterator[bytes]:
    """What is held goes out together with what is read next: so that the first bytes, before which
    a download is recorded, have come from the store."""
    waiting = b""
    for run, start, size in _within(runs, first, length):
        for piece in run.read(start, size):
            if run.held:
                waiting += piece
            elif piece:
                yield waiting + piece
                waiting = b""
    if waiting:
        yield waiting


def _within(runs: Sequence[_Run], first: int, length: int) -> Iterator[tuple[_Run, int, int]]:
    """Which runs hold the bytes `first` … `first + length`, and where in them."""
    begin = 0
    for run in runs:
        start = max(first - begin, 0)
        end = min(first + length - begin, run.size)
        if start < end:
            yield run, start, end - start
        begin += run.size


def _tag(members: Sequence[_Member]) -> str:
    """Names these bytes, as they follow from what is in it; their own digest would take reading
    them all."""
    listed = "".join(f"{member.sha256} {member.name}\n" for member in members)
    return hashlib.sha256(f"{_LAYOUT}\n{listed}".encode()).hexdigest()


def _readme(shown: Shown, files: Sequence[HistoryFile]) -> bytes:
    row = shown.row
    said = [
        f"Export {row.export_id}",
        "",
        *(line for file in files for line in _told(file_name(shown, file.name), file)),
        *_HOW_TO_CHECK,
    ]
    return "".join(f"{line}\r\n" for line in said).encode()


def _told(name: str, file: HistoryFile) -> list[str]:
    counts = f"{file.size} bytes, {file.rows} rows"
    rejected = [
        f"  {file.rejected} rows are not in it: {name}.rejections.ndjson says which and why"
    ]
    return [
        name,
        f"  {counts}",
        f"  SHA-256 {file.sha256}",
        *(rejected if file.rejected else []),
        "",
    ]


_HOW_TO_CHECK = (
    "Beside each file lies its waybill, NAME.waybill.json: a signed statement of exactly what is",
    "in it. To check all of them at once, offline, before or after they are unpacked:",
    "",
    "  waybill verify BUNDLE.zip --key signing.pub",
    "  waybill verify NAME --key signing.pub",
    "",
    "signing.pub is the public key of the server that made them; ask for it there",
    "(GET /v1/keys/signing), not whoever gave you this. Without --key a check tells only that the",
    "files are what somebody signed. Without Waybill, compare with `sha256sum NAME`.",
)
