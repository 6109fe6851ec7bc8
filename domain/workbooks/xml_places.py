"""XML whose elements know where they stand in its bytes, so that some can be changed and every
other byte stays as it is. No document type is read (ECMA-376 part 2, 8.1.4 forbids them), so that
there are no entities but XML's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from domain.workbooks.refusing import WorkbookRefused


@dataclass(slots=True, eq=False)
class Element:
    """`name` has a short prefix for the namespaces that are known here, none for SpreadsheetML's.
    The element's bytes are `start` … `end`, its content's `inner` … `inner_end`; `text` is what
    stands in it outside of its children."""

    name: str
    attributes: dict[str, str]
    start: int
    inner: int
    inner_end: int = 0
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def named(self, *names: str) -> Iterator[Element]:
        """Its children that are called so."""
        return (child for child in self.children if child.name in names)

    def first(self, name: str) -> Element | None:
        return next(self.named(name), None)

    def walk(self) -> Iterator[Element]:
        """All that is in it, and itself before that."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.children)

    def value_span(self, content: bytes, name: str) -> tuple[int, int]:
        """Where the value of an attribute without a prefix stands, between its quotes."""
        found = self._attribute(content, name)
        return self.start + found.start(2) + 1, self.start + found.end(2) - 1

    def attribute_span(self, content: bytes, name: str) -> tuple[int, int]:
        """The whole of it, with the blank before it."""
        start, end = self._attribute(content, name).span()
        return self.start + start, self.start + end

    def _attribute(self, content: bytes, name: str) -> re.Match[bytes]:
        tag = content[self.start : self.inner]
        return next(each for each in _ATTRIBUTE.finditer(tag) if each[1] == name.encode())


class TooManyElements(WorkbookRefused):
    """The workbook has more elements than are read."""


def read_xml(content: bytes, part: str, most: int) -> Element:
    """The root. Raises `WorkbookRefused` for what is no XML in UTF-8, has a document type, or more
    than so many elements."""
    if b"\0" in content:
        raise WorkbookRefused(f"has a part {part} that is no XML in UTF-8")
    reading = _Reading(content, part, most)
    parser = expat.ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartElementHandler = lambda name, attributes: reading.start(
        name, attributes, parser.CurrentByteIndex
    )
    parser.EndElementHandler = lambda _: reading.end(parser.CurrentByteIndex)
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = lambda *_: reading.refuse_document_type()
    parser.XmlDeclHandler = lambda _version, encoding, _alone: reading.declaration(encoding)
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise WorkbookRefused(f"has a part {part} that is no XML in UTF-8: {error}") from error
    return reading.root


PREFIXES: Final = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r:",
    "http://schemas.openxmlformats.org/package/2006/relationships": "",
    "http://schemas.openxmlformats.org/package/2006/content-types": "",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing": "xdr:",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c:",
    "http://schemas.microsoft.com/office/drawing/2014/chartex": "cx:",
    "http://schemas.microsoft.com/office/excel/2006/main": "xm:",
    "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main": "x14:",
    "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "",
}
_TAG: Final = re.compile(rb"<(?:[^>\"']+|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE: Final = re.compile(rb"\s([^\s=\"'<>/]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ENCODINGS: Final = {"utf-8", "us-ascii"}


class _Reading:
    """One part, as expat tells of it."""

    def __init__(self, content: bytes, part: str, most: int) -> None:
        self._content, self._part, self._left = content, part, most
        self._open: list[Element] = []
        self.root: Element

    def start(self, name: str, attributes: dict[str, str], at: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooManyElements("has too many cells and shapes; leave sheets out of it")
        tag = _TAG.match(self._content, at)
        assert tag is not None  # noqa: S101 - expat has read it
        element = Element(
            _short(name), {_key(key): value for key, value in attributes.items()}, at, tag.end()
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, at: int) -> None:
        element = self._open.pop()
        if self._content[element.inner - 2 : element.inner] == b"/>":
            element.inner_end = element.end = element.inner
        else:
            element.inner_end, element.end = at, self._content.index(b">", at) + 1

    def text(self, text: str) -> None:
        self._open[-1].text += text

    def refuse_document_type(self) -> None:
        raise WorkbookRefused(f"has a document type in {self._part}; save it anew in Excel")

    def declaration(self, encoding: str | None) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise WorkbookRefused(f"has a part {self._part} in {encoding}; save it anew in Excel")


def _short(name: str) -> str:
    space, brace, local = name.rpartition("}")
    return PREFIXES.get(space, space + brace) + local


def _key(name: str) -> str:
    """An attribute without a prefix is of no namespace, not of its element's."""
    short = _short(name)
    return name if "}" in name and ":" not in short else short
