"""Checks every file of a bundle against its waybill without unpacking it. The bundle may be
hostile: what isn't stored as Waybill stores it is refused before it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo, is_zipfile

from infra.verification import Check, Verdict, verify

_WAYBILL = ".waybill.json"
_REJECTIONS = ".rejections.ndjson"
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleVerdict:
    """Of each file by its name in the bundle."""

    files: tuple[tuple[str, Verdict], ...]

    @property
    def ok(self) -> bool:
        """Nothing was signed for in a bundle of nothing."""
        return bool(self.files) and all(verdict.ok for _, verdict in self.files)


def is_bundle(path: Path) -> bool:
    """Whether it is a zip that has waybills in it."""
    try:
        if not is_zipfile(path):
            return False
        with ZipFile(path) as bundle:
            return any(name.endswith(_WAYBILL) for name in bundle.namelist())
    except (BadZipFile, OSError, ValueError):
        return False


def verify_bundle(path: Path, trusted_key: bytes | None = None) -> BundleVerdict:
    """Raises `OSError` when the bundle can't be read, never for what is in it."""
    try:
        with ZipFile(path) as bundle:
            return BundleVerdict(files=tuple(_verdicts(bundle, trusted_key)))
    except (BadZipFile, ValueError) as error:
        return BundleVerdict(files=((path.name, _refused("bundle", str(error))),))


@dataclass(frozen=True, slots=True)
class _Member:
    """Satisfies `infra.claims.Place`."""

    bundle: ZipFile
    info: ZipInfo

    def open(self, _: Literal["rb"], /) -> IO[bytes]:
        return self.bundle.open(self.info)

    def __str__(self) -> str:
        return self.info.filename


def _verdicts(bundle: ZipFile, trusted_key: bytes | None) -> Iterator[tuple[str, Verdict]]:
    counts = Counter(bundle.namelist())
    members = {info.filename: _Member(bundle, info) for info in bundle.infolist()}
    waybills = {name.removesuffix(_WAYBILL) for name in members if name.endswith(_WAYBILL)}
    for name in sorted(waybills | {name for name in members if _is_file(name)}):
        yield name, _verdict(name, members, counts, trusted_key)


def _is_file(name: str) -> bool:
    """Whether a waybill should stand for it."""
    return not name.endswith((_WAYBILL, _REJECTIONS, "/")) and name != "README.txt"


def _verdict(
    name: str, members: dict[str, _Member], counts: Counter[str], trusted_key: bytes | None
) -> Verdict:
    pair = name, f"{name}{_WAYBILL}"
    for each in pair:
        if counts[each] != 1:
            return _refused("bundle", f"it has {each} {counts[each]} times, not once")
        if not _plain(members[each].info):
            return _refused("bundle", f"{each} is not stored as Waybill stores it; unpack it first")
    try:
        return verify(members[pair[0]], members[pair[1]], trusted_key)
    except (BadZipFile, EOFError, ValueError) as error:
        return _refused("bundle", f"{name} can't be read from it: {error}")


def _plain(info: ZipInfo) -> bool:
    """Neither encrypted nor able to grow: it takes as many bytes as the archive has of it."""
    return (
        info.compress_type == ZIP_STORED
        and info.compress_size == info.file_size
        and not info.flag_bits & _ENCRYPTED
    )


def _refused(name: str, detail: str) -> Verdict:
    return Verdict(checks=(Check(name=name, ok=False, detail=detail),))
