"""Files that are compressed inside split into several in a zip: each is what the format would make
of its rows alone, whatever the format sums up in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import openpyxl
import pyarrow as pa
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.formats import Format, parse_format
from domain.ports import Fragment
from domain.splits import Split
from processors.joining import Kept
from processors.renderers import Column, Facts, Frame, Part, RenderPlan, prepare
from processors.renderers.pdf.report import RowsNotInGroups
from processors.renderers.split import frame as split_frame
from processors.renderers.split import parts as split_parts
from processors.renderers.xlsx import frame as xlsx_frame
from tests.joined import joined, joining_of
from tests.split_zips import entries, index
from tests.workbooks import check

COLUMNS = (
    Column(name="id", label="Id", type=FieldType.INTEGER),
    Column(name="region", label="The region", type=FieldType.TEXT),
    Column(name="kind", label="Kind", type=FieldType.TEXT),
    Column(name="amount", label="Amount", type=FieldType.DECIMAL),
)
FACTS = Facts(
    export_id=UUID(int=7),
    title="Sales of 987654 <shops>",
    filter="kind is a",
    requested_by=UUID(int=8),
    requested_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
BARS = {"bars": "#63be7b"}
SUMMARY = {
    "figures": {"amount": ["sum", "count"]},
    "groups": [{"by": "kind", "sums": ["amount"]}],
    "charts": [{"kind": "bar", "by": "kind", "of": "amount"}],
}
CHOICES: list[tuple[str, dict[str, Any]]] = [
    ("xlsx", {}),
    ("xlsx", {"table_style": None, "conditional_formats": {"amount": [BARS]}}),
    ("xlsx", {"header": "none", "table_style": None, "autofilter": False, "freeze_header": False}),
    ("xlsx", {"auto_widths": False, "formulas": [{"name": "twice", "formula": "amount * 2"}]}),
    ("xlsx", {"summary": SUMMARY}),
    ("pdf", {"cover": False}),
    ("pdf", {"cover": False, "group_by": ["kind"], "totals": {"amount": "sum"}}),
    ("pdf", {"cover": False, "group_by": ["region", "kind"], "charts": {"amount": "bar"},
             "totals": {"amount": "sum"}}),
    ("parquet", {}),
    ("arrow", {}),
    ("arrow", {"body_compression": "none"}),
]  # fmt: skip
every_choice = pytest.mark.parametrize(("kind", "options"), CHOICES)

Row = tuple[int, str, str, str]


def plan_of(kind: str, options: dict[str, Any], split: dict[str, Any] | None) -> RenderPlan:
    asked = {"format": kind, "options": options, **({} if split is None else {"split": split})}
    spec = parse_format(asked)
    by_region = split is not None and "by" in split
    order = ("region", "kind") if by_region else tuple(options.get("group_by", ()))
    return RenderPlan(spec=spec, columns=COLUMNS, facts=FACTS, order=order)


def frame_of(kind: str, options: dict[str, Any] | None = None, **split: Any) -> Frame:
    return prepare.__wrapped__(plan_of(kind, options or {}, split))


def rows_of(*regions: str) -> list[Row]:
    return [
        (number, region, "ab"[number % 3 // 2], f"{number}.5")
        for number, region in enumerate(regions)
    ]


def fragment(rows: Sequence[Row]) -> Fragment:
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    return Fragment(rows=len(rows), data=text.encode(errors="surrogateescape"))


def made(frame: Frame, rows: Sequence[Row], size: int = 3) -> list[Part]:
    cuts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return [frame.render(fragment(cut)) for cut in cuts]


@every_choice
def test_each_file_is_what_the_format_makes_of_its_rows_alone(
    kind: str, options: dict[str, Any]
) -> None:
    rows = rows_of(*"AABBBBBBBCDDDD", r"\N", r"\N")
    frame = frame_of(kind, options, by="region")
    contents = entries(joined(frame, made(frame, rows)))
    listed = json.loads(contents.pop("index.json"))["entries"]
    assert [(each["value"], each["rows"]) for each in listed] == [
        ("A", 2), ("B", 7), ("C", 1), ("D", 4), (None, 2),
    ]  # fmt: skip
    for each in listed:
        whole = prepare.__wrapped__(plan_of(kind, options, None))
        cuts = [rows[start : start + 3] for start in range(0, len(rows), 3)]
        own = [[row for row in cut if row[1] == (each["value"] or r"\N")] for cut in cuts]
        alone = joined(whole, [whole.render(fragment(some)) for some in own if some])
        assert contents.pop(each["name"]) == alone
        assert (each["bytes"], each["sha256"]) == (len(alone), hashlib.sha256(alone).hexdigest())
    assert contents == {}


@every_choice
def test_what_is_compressed_inside_is_stored(kind: str, options: dict[str, Any]) -> None:
    frame = frame_of(kind, options, rows=20_000)
    deflated = options.get("body_compression") == "none"
    with ZipFile(BytesIO(joined(frame, made(frame, rows_of("A"))))) as archive:
        first, last = archive.infolist()
        assert first.compress_type == (ZIP_DEFLATED if deflated else ZIP_STORED)
        assert first.flag_bits & 0x8 == 0
        assert last.filename == "index.json"


@pytest.mark.parametrize(
    ("kind", "options"),
    [("xlsx", {}), ("xlsx", {"cover": True}), ("pdf", {}), ("parquet", {}), ("arrow", {})],
)
@settings(max_examples=15)
@given(
    regions=st.lists(st.sampled_from(["A", "B", "C", r"\N", "\udcff", "B\udcff"]), max_size=12),
    cuts=st.sets(st.integers(0, 6)),
    split=st.sampled_from([{"by": "region"}, {"rows": 20_000}, {"bytes": 1_000_000}]),
)
def test_neither_chunks_nor_copies_change_a_byte_and_no_row_is_lost(
    kind: str,
    options: dict[str, Any],
    regions: list[str],
    cuts: set[int],
    split: dict[str, Any],
) -> None:
    plan = plan_of(kind, options, split)
    if "by" not in split:  # less than anybody may ask for, so that there are several
        spec = replace(plan.spec, split=Split(rows=5) if "rows" in split else Split(bytes=5))
        plan = replace(plan, spec=spec)
    frame = prepare.__wrapped__(plan)
    parts = made(frame, rows_of(*regions), size=2)
    bounds = [0, *sorted(cut for cut in cuts if cut < len(parts)), len(parts)]
    whole = joined(frame, parts)
    assert joined(frame, *(parts[start:end] for start, end in pairwise(bounds))) == whole
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(split_parts, "COPIED", 0)  # nothing is
        other = prepare.__wrapped__(plan)
        assert joined(other, *(parts[start:end] for start, end in pairwise(bounds))) == whole
    listed = index(whole)
    rejected = sum("\udcff" in region for region in regions)
    assert (listed["rows"], listed["rejected"]) == (len(regions) - rejected, rejected)
    assert sum(each["rows"] for each in listed["entries"]) == len(regions) - rejected


@every_choice
def test_a_file_whose_size_is_not_known_beforehand_says_it_behind(
    kind: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = frame_of(kind, options, by="region")
    parts = made(frame, rows_of(*"AABBBBBBBCDDDD"))
    known = joined(frame, parts)
    monkeypatch.setattr(split_frame, "HELD", 0)
    file = joined(frame, parts)
    assert entries(file) == entries(known)
    with ZipFile(BytesIO(file)) as archive:
        *files, _ = archive.infolist()
        assert all(each.flag_bits & 0x8 for each in files)
        assert all(each.compress_type == ZIP_DEFLATED for each in files)


def test_each_part_is_read_once_and_in_order() -> None:
    for kind in ("xlsx", "pdf"):
        frame = frame_of(kind, by="region")
        parts = made(frame, rows_of(*"AABCDEFGHHHHHHHIJ"))
        data = [part.data for part in parts]
        asked: list[int] = []

        def read(number: int, data: list[bytes] = data, asked: list[int] = asked) -> bytes:
            asked.append(number)
            return data[number]

        joining = joining_of(frame, [[part] for part in parts], data)
        joining._read = read
        assert list(joining.pieces())
        assert asked == list(range(len(parts)))


def test_rows_that_are_many_stay_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split_parts, "COPIED", 300)
    frame = frame_of("xlsx", by="region")
    parts = made(frame, rows_of("A", *"B" * 60, "C"), size=30)
    data = b"".join(part.data for part in parts)
    kept = [each for each in joining_of(frame, [parts], [data]).pieces() if isinstance(each, Kept)]
    assert len(kept) == 1  # the second value, over all three fragments


def test_a_value_of_many_rows_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_frame, "SHEET_FRAGMENTS", 2)
    frame = frame_of("xlsx", {"cover": True}, by="region")
    contents = entries(joined(frame, made(frame, rows_of("A", *"B" * 15, "C"))))
    check(contents["region=B.xlsx"])
    book = openpyxl.load_workbook(BytesIO(contents["region=B.xlsx"]))
    refs = [next(iter(sheet.tables.values())).ref for sheet in book.worksheets[1:]]
    assert refs == ["A1:D6", "A1:D7", "A1:D5"]  # of 2 and 3, of 3 and 3, of 3 and 1
    assert [sheet.max_row for sheet in book.worksheets[1:]] == [6, 7, 5]


@pytest.mark.parametrize("rejected", [False, True])
def test_a_cover_says_which_file_it_is_and_what_is_in_that_one(rejected: bool) -> None:
    frame = frame_of("xlsx", {"cover": True}, by="region")
    rows = rows_of(" é<&> ", " é<&> ", "B", "B", r"\N", "x" * 99)
    if rejected:
        rows[1] = (1, " é<&> ", "\udcff", "0")
        rows[3] = (3, "B", "\udcff", "0")
    found = {}
    for name, content in entries(joined(frame, made(frame, rows))).items():
        if name != "index.json":
            check(content)
            cover = openpyxl.load_workbook(BytesIO(content))["About"]
            said = {row[0].value: row[1].value for row in cover.rows}
            found[said["This file"]] = said["Rows"], said.get("Rows left out")
    left_out = 1 if rejected else None
    assert found == {
        "The region: é<&>": (2 - rejected, left_out),
        "The region: B": (2 - rejected, left_out),
        "The region: (empty)": (1, None),
        f"The region: {'x' * 64}…": (1, None),
    }


def test_rows_left_out_count_for_the_file_of_their_value_and_for_no_other() -> None:
    frame = frame_of("xlsx", {"cover": True}, by="region")
    bad = "\udcff"
    rows = [
        (0, "A", bad, "0"), (1, "A", "a", "0"), (2, "A", "a", "0"),
        (3, "A", bad, "0"), (4, "A", bad, "0"), (5, bad, "a", "0"),
        (6, "B", bad, "0"), (7, "C", bad, "0"), (8, "D", "a", "0"),
    ]  # fmt: skip
    file = joined(frame, made(frame, rows, size=1))
    listed = index(file)
    assert [(each["value"], each["rows"]) for each in listed["entries"]] == [("A", 2), ("D", 1)]
    assert listed["rejected"] == 6
    contents = entries(file)
    assert _left_out(contents["region=A.xlsx"]) == 3
    assert _left_out(contents["region=D.xlsx"]) is None


def _left_out(workbook: bytes) -> object:
    cover = openpyxl.load_workbook(BytesIO(workbook))["About"]
    return {row[0].value: row[1].value for row in cover.rows}.get("Rows left out")


def test_files_by_rows_say_which_of_how_many_they_are() -> None:
    plan = plan_of("pdf", {}, {"rows": 20_000})
    plan = replace(plan, spec=replace(plan.spec, split=Split(rows=4)))
    frame = prepare.__wrapped__(plan)
    contents = entries(joined(frame, made(frame, rows_of(*"AABBC"))))
    texts = [_pages(contents[f"000{number}.pdf"]) for number in (1, 2)]
    assert [("1 of 2" in cover, "2 of 2" in cover) for cover, *_ in texts] == [
        (True, False), (False, True),
    ]  # fmt: skip
    assert all("Page 2 of 2" in pages[1] for pages in texts)


def _pages(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def test_rows_in_groups_need_no_other_order_than_that_within_a_file() -> None:
    plan = plan_of("pdf", {"group_by": ["kind"]}, {"by": "region"})
    prepare.__wrapped__(plan)
    with pytest.raises(RowsNotInGroups):
        prepare.__wrapped__(replace(plan, order=("region", "id", "kind")))
    with pytest.raises(RowsNotInGroups):
        by_rows = replace(plan.spec, split=Split(rows=20_000))
        prepare.__wrapped__(replace(plan, spec=by_rows))


MOST = 300


def test_bytes_are_those_of_a_workbooks_rows_as_they_are_in_it() -> None:
    plan = plan_of("xlsx", {}, {"bytes": 1_000_000})
    plan = replace(plan, spec=replace(plan.spec, split=Split(bytes=MOST)))
    frame = prepare.__wrapped__(plan)
    parts = made(frame, rows_of(*"ABCDEFGHIJKL"))
    first, second, third, last = (len(part.data) for part in parts)
    assert first + second + third + last > first + second + third > MOST >= first + second
    assert third + last <= MOST
    listed = index(joined(frame, parts))["entries"]
    assert [each["rows"] for each in listed] == [6, 6]


def test_every_format_can_be_split() -> None:
    for each in Format:
        frame = frame_of(each.value, by="region")
        assert index(joined(frame, made(frame, rows_of(*"ABC"))))["rows"] == 3
    table = pa.ipc.open_stream(
        entries(joined(frame, made(frame, rows_of(*"AAB"))))["region=A.arrows"]
    ).read_all()
    assert table.num_rows == 2
