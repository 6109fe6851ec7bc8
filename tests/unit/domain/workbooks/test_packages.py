"""What is uploaded must be a workbook that can be handled, before anything of it is read."""

from __future__ import annotations

from io import BytesIO
from struct import pack_into
from time import process_time
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from domain.formats import FormatInvalid, parse_format
from domain.workbooks import packages, xml_places
from domain.workbooks.packages import read_package
from domain.workbooks.refusing import WorkbookRefused
from domain.workbooks.templates import read_template
from domain.workbooks.xml_places import read_xml
from tests.uploaded_workbooks import changed, in_base64, replaced, sheet_workbook, text_cell

GOOD = sheet_workbook([text_cell("{{id}}")])
_TYPES = "[Content_Types].xml"
_SHEET = "xl/worksheets/sheet1.xml"


def _refused(file: bytes) -> str:
    with pytest.raises(WorkbookRefused) as refused:
        read_template(in_base64(file))
    return str(refused.value)


def _zip(entries: dict[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", method) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return file.getvalue()


def test_a_workbook_is_its_parts() -> None:
    assert [*read_package(in_base64(GOOD)).parts][:2] == [_TYPES, "_rels/.rels"]
    assert read_template(in_base64(GOOD)).fields == ("id",)


def test_a_request_with_a_wrong_workbook_is_told_so() -> None:
    with pytest.raises(FormatInvalid) as invalid:
        parse_format({"format": "xlsx", "options": {"workbook": "A"}})
    assert [problem.at for problem in invalid.value.problems] == ["/options/workbook"]
    with pytest.raises(FormatInvalid, match=r"must be an \.xlsx file in base64, or null"):
        parse_format({"format": "xlsx", "options": {"workbook": 1}})
    parse_format({"format": "xlsx", "options": {"workbook": None}})


def test_base64_has_an_end() -> None:
    with pytest.raises(WorkbookRefused, match="at most 180000 characters"):
        read_package("A" * 180_004)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"PK\x03\x04 cut off", "no zip"),
        (b"", "no zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "protected by a password, or an old .xls"),
        (_zip({"a.txt": b"x"}), "no Excel workbook"),
        (_zip({_TYPES: b"<Types/>"}), "no Excel workbook"),
        (_zip({_TYPES: b"x"}, ZIP_LZMA), "in a way that Excel doesn't know"),
        (_zip({f"{n}.xml": b"" for n in range(301)}), "has 301 parts"),
        (_zip({"bomb.bin": bytes(5 << 20)}), "more than 4,194,304 bytes"),
        (_zip({"../up.xml": b""}), "a name that can't be"),
        (_zip({"/root.xml": b""}), "a name that can't be"),
        (_zip({"a//b.xml": b""}), "a name that can't be"),
        (_zip({"c:\\d.xml": b""}), "a name that can't be"),
        (_zip({"a.xml": b"", "A.xml": b""}), "two parts of one name"),
        (changed(GOOD, {}, {"xl/vbaProject.bin": b"x"}), "has macros"),
        (changed(GOOD, {}, {"_xmlsignatures/sig1.xml": b"<a/>"}), "is signed"),
        (
            changed(GOOD, {_TYPES: replaced("sheet.main+xml", "sheet.macroEnabled.main+xml")}),
            "has macros",
        ),
        (changed(GOOD, {}, {"x/e.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "x/e.xml"),
        (changed(GOOD, {_SHEET: lambda content: content[:-5]}), f"{_SHEET} that is no XML"),
        (
            changed(GOOD, {_SHEET: lambda content: content.decode().encode("utf-16")}),
            f"{_SHEET} that is no XML",
        ),
        (
            changed(GOOD, {_SHEET: lambda c: b'<?xml version="1.0" encoding="latin1"?>' + c}),
            "in latin1",
        ),
        (
            changed(GOOD, {"xl/_rels/workbook.xml.rels": replaced("styles.xml", "none.xml")}),
            "no part xl/none.xml",
        ),
        (
            changed(GOOD, {"xl/_rels/workbook.xml.rels": replaced("/styles", "/other")}),
            "no Excel workbook",
        ),
        (
            changed(GOOD, {_SHEET: lambda c: c.replace(b"<row", b"<x:row xmlns:x='u'")}),
            "no XML",
        ),
        (
            changed(GOOD, {"xl/styles.xml": replaced('numFmtId="14"', 'numFmtId="x"')}),
            "'x' where a number belongs",
        ),
        (
            changed(
                GOOD,
                {
                    "xl/workbook.xml": replaced(
                        "</sheets>", '<sheet name="Two" sheetId="2" r:id="rId1"/></sheets>'
                    )
                },
            ),
            "the sheet Two twice",
        ),
        (
            changed(GOOD, {"xl/workbook.xml": replaced("spreadsheetml/2006", "strict")}),
            "not as Excel writes it",
        ),
    ],
)
def test_what_cant_be_handled_is_refused(file: bytes, says: str) -> None:
    assert says in _refused(file)


def test_an_encrypted_zip_is_refused() -> None:
    file = bytearray(GOOD)
    pack_into("<H", file, file.index(b"PK\x01\x02") + 8, 1)
    assert "encrypted" in _refused(bytes(file))


def test_a_size_that_is_a_lie_unpacks_no_more() -> None:
    file = bytearray(_zip({"bomb.bin": bytes(5 << 20)}))
    pack_into("<I", file, file.index(b"PK\x01\x02") + 24, 10)
    assert "no zip" in _refused(bytes(file))


def test_elements_are_counted_over_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    read_template.cache_clear()
    monkeypatch.setattr(packages, "MOST_ELEMENTS", 20)
    assert "too many cells" in _refused(GOOD)


def test_folders_are_no_parts() -> None:
    assert "xl/" not in read_package(in_base64(changed(GOOD, {}, {"xl/": b""}))).parts


def test_elements_know_where_they_are() -> None:
    content = (
        "\ufeff<?xml version='1.0'?><a b = 'é>'><!-- <c/> --><c x='1'/>t&amp;<d>é</d ></a>".encode()
    )
    root = read_xml(content, "part", 10)
    (c, d) = root.children
    assert content[c.start : c.end] == b"<c x='1'/>"
    assert content[slice(*c.value_span(content, "x"))] == b"1"
    assert content[slice(*c.attribute_span(content, "x"))] == b" x='1'"
    assert content[d.start : d.end] == "<d>é</d >".encode()
    assert (content[d.inner : d.inner_end], d.text, root.text) == ("é".encode(), "é", "t&")
    assert content[root.start : root.end].endswith(b"</a>")
    assert content[slice(*root.value_span(content, "b"))] == "é>".encode()
    assert [each.name for each in root.walk()] == ["a", "c", "d"]


def test_a_document_type_is_refused_however_it_is_written() -> None:
    with pytest.raises(WorkbookRefused, match="document type"):
        read_xml(b"<!DOCTYPE a><a/>", "part", 10)
    with pytest.raises(xml_places.TooManyElements):
        read_xml(b"<a><b/></a>", "part", 1)


@pytest.mark.parametrize(
    "text",
    [
        "'" * 400_000,
        '"' * 400_001,
        "[" * 400_000,
        "[[a]" * 100_000,
        "a" * 400_000,
        "{{" + " " * 400_000,
    ],
)
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    formula = f'<c r="A1"><f>{text}</f></c>'.replace('"' * 99, "&quot;" * 99)
    file = sheet_workbook([formula], [text_cell(text)], [text_cell("{{id}}")])
    started = process_time()
    assert read_template(in_base64(file)).row == 3
    assert process_time() - started < 5
