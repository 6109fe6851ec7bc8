"""An uploaded workbook as the parts of its zip, once it is sure that they can be handled: how many
they are, how large, what they are called, and what they do to whoever opens them."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from io import BytesIO
from posixpath import join, normpath
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from domain.workbooks.refusing import WorkbookRefused
from domain.workbooks.xml_places import Element, read_xml

MOST_BASE64: Final = 180_000
"""Characters, for 135 kB: a request has at most 256 KiB, and is kept for ever with all in it."""
MOST_PARTS: Final = 300
MOST_UNPACKED: Final = 4 << 20
"""Bytes of all parts together."""
MOST_ELEMENTS: Final = 30_000
"""Of XML in the parts that are read."""
CONTENT_TYPES: Final = "[Content_Types].xml"


@dataclass(frozen=True, slots=True)
class Relation:
    """`kind` is the last word of its type; `target` is a part's name, or an address outside."""

    id: str
    kind: str
    target: str


class Package:
    """Parts by name, in the order of the file, and what is written in those that are XML."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        """Raises `WorkbookRefused`."""
        self.parts = parts
        self._left = MOST_ELEMENTS
        self._read: dict[str, Element] = {}
        self._types = self._content_types()

    def xml(self, part: str) -> Element:
        if part not in self.parts:
            raise WorkbookRefused(f"has no part {part}, which it names; save it anew in Excel")
        if part not in self._read:
            root = read_xml(self.parts[part], part, self._left)
            self._left -= sum(1 for _ in root.walk())
            self._read[part] = root
        return self._read[part]

    def content_type(self, part: str) -> str:
        ending = part.rpartition(".")[2].lower()
        return self._types.get(f"/{part}", self._types.get(ending, ""))

    def relations(self, part: str) -> list[Relation]:
        """From a part, or from the whole for an empty name."""
        where = self.relations_part(part)
        if where not in self.parts:
            return []
        folder = part.rpartition("/")[0]
        return [_relation(folder, each) for each in self.xml(where).named("Relationship")]

    def relations_part(self, part: str) -> str:
        """The name of the part that says how another is related."""
        folder, _, name = part.rpartition("/")
        return join(folder, "_rels", f"{name}.rels")

    def related(self, part: str, kind: str) -> list[str]:
        """The parts that a part has of a kind."""
        return [each.target for each in self.relations(part) if each.kind == kind]

    def _content_types(self) -> dict[str, str]:
        """By `/name` and by ending."""
        if CONTENT_TYPES not in self.parts:
            raise WorkbookRefused(_NO_WORKBOOK)
        types = self.xml(CONTENT_TYPES)
        by_name = {
            each.attributes.get("PartName", ""): each.attributes.get("ContentType", "")
            for each in types.named("Override")
        }
        by_ending = {
            each.attributes.get("Extension", "").lower(): each.attributes.get("ContentType", "")
            for each in types.named("Default")
        }
        return by_ending | by_name


def read_package(base64: str) -> Package:
    """Raises `WorkbookRefused`."""
    if len(base64) > MOST_BASE64:
        raise WorkbookRefused(
            f"must have at most {MOST_BASE64} characters; take out pictures and rows"
        )
    try:
        data = b64decode(base64, validate=True)
    except (NotBase64, ValueError) as error:
        raise WorkbookRefused("must be an .xlsx file in base64, and nothing else") from error
    if data.startswith(_COMPOUND_FILE):
        raise WorkbookRefused(
            "is protected by a password, or an old .xls; save it as .xlsx without a password"
        )
    package = Package(_unzipped(data))
    _check_types(package)
    return package


_NO_WORKBOOK: Final = "is no Excel workbook; save it as .xlsx in Excel"
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0"
_UNREADABLE: Final = (
    BadZipFile,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zlib.error,
)
_ENCRYPTED: Final = 1
_LONGEST_NAME: Final = 200
_MACROS: Final = re.compile("macro|vba|intlMacrosheet", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TEXTUAL: Final = (".xml", ".rels", ".vml")


def _unzipped(data: bytes) -> dict[str, bytes]:
    try:
        with ZipFile(BytesIO(data)) as file:
            entries = [each for each in file.infolist() if not each.is_dir()]
            _check_entries(entries)
            parts = {each.filename: file.read(each) for each in entries}
    except _UNREADABLE as error:
        raise WorkbookRefused(f"is no zip that can be read, as an .xlsx is: {error}") from error
    for name, content in parts.items():
        if name.lower().endswith(_TEXTUAL) and _DECLARED.search(content):
            raise WorkbookRefused(f"has a document type in {name}; save it anew in Excel")
    return parts


def _check_entries(entries: list[ZipInfo]) -> None:
    """Before anything is unpacked; what is said here of sizes holds, as no more is read."""
    if len(entries) > MOST_PARTS:
        raise WorkbookRefused(f"has {len(entries)} parts; at most {MOST_PARTS} are allowed")
    if sum(each.file_size for each in entries) > MOST_UNPACKED:
        raise WorkbookRefused(
            f"has more than {MOST_UNPACKED:,} bytes when unpacked; make it smaller"
        )
    for each in entries:
        if each.flag_bits & _ENCRYPTED:
            raise WorkbookRefused("is encrypted; save it without a password")
        if each.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise WorkbookRefused(f"is packed in a way that Excel doesn't know ({each.filename!r})")
        if not _is_sane(each.filename):
            raise WorkbookRefused(f"has a part with a name that can't be: {each.filename[:60]!r}")
    if len({each.filename.lower() for each in entries}) < len(entries):
        raise WorkbookRefused("has two parts of one name; save it anew in Excel")


def _is_sane(name: str) -> bool:
    return (
        len(name) <= _LONGEST_NAME
        and name.isprintable()
        and "\\" not in name
        and ":" not in name
        and normpath(name) == name
        and not name.startswith(("/", ".."))
    )


def _check_types(package: Package) -> None:
    for part in package.parts:
        if _MACROS.search(package.content_type(part)) or part.lower().endswith("vbaproject.bin"):
            raise WorkbookRefused(f"has macros ({part}); save it as .xlsx, which has none")
        if part.startswith("_xmlsignatures/"):
            raise WorkbookRefused("is signed, which no change survives; remove the signature")


def _relation(folder: str, element: Element) -> Relation:
    said = element.attributes
    target = said.get("Target", "")
    if said.get("TargetMode") != "External":
        target = normpath(join("/", folder, target)).lstrip("/")
    return Relation(said.get("Id", ""), said.get("Type", "").rpartition("/")[2], target)
