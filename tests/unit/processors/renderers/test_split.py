"""One file split into several in a zip: complete each, named safely, and the same however it was
made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.formats import CsvOptions, Format, FormatSpec, default_format
from domain.ports import Fragment
from domain.splits import MOST_ENTRIES, Split
from processors.joining import Kept
from processors.renderers import Column, Frame, Part, RenderPlan, prepare
from processors.renderers.copy_text import FragmentMalformed
from processors.renderers.frames import FieldNotThere
from processors.renderers.split import parts as split_parts
from processors.renderers.split.entries import TooManyEntries
from processors.renderers.split.names import Names
from processors.renderers.split.shares import Value, value_of
from tests.joined import joined, joining_of
from tests.split_zips import entries, index

COLUMNS = (
    Column(name="id", label="Id", type=FieldType.INTEGER),
    Column(name="region", label="Region", type=FieldType.TEXT),
)


def frame_of(
    name: Format = Format.CSV,
    columns: tuple[Column, ...] = COLUMNS,
    options: CsvOptions | None = None,
    **split: Any,
) -> Frame:
    chosen = options or default_format(name).options
    spec = FormatSpec(format=name, options=chosen, split=Split(**split))
    return prepare.__wrapped__(RenderPlan(spec=spec, columns=columns))


def rows_of(*regions: str) -> Fragment:
    lines = [f"{number}\t{region}\n" for number, region in enumerate(regions)]
    return Fragment(rows=len(lines), data="".join(lines).encode())


def made(frame: Frame, *fragments: Fragment) -> list[Part]:
    return [frame.render(each) for each in fragments]


def test_each_value_has_a_file_that_is_complete_by_itself() -> None:
    options = CsvOptions(bom=True)
    frame = frame_of(by="region", options=options)
    found = entries(joined(frame, made(frame, rows_of("DE", "ES", "ES", r"\N"))))
    head = "\ufeffId,Region\r\n".encode()
    assert found.pop("index.json")
    assert found == {
        "region=DE.csv": head + b"0,DE\r\n",
        "region=ES.csv": head + b"1,ES\r\n2,ES\r\n",
        "region is null.csv": head + b"3,\r\n",
    }


def test_a_json_file_has_its_own_brackets_and_no_comma_too_many() -> None:
    frame = frame_of(Format.JSON, by="region")
    file = joined(frame, made(frame, rows_of("A", "A", "B"), rows_of("B", "C")))
    found = {name: json.loads(text) for name, text in entries(file).items()}
    assert [row["id"] for row in found["region=A.json"]] == [0, 1]
    assert [row["id"] for row in found["region=B.json"]] == [2, 0]
    assert [row["id"] for row in found["region=C.json"]] == [1]


def test_the_index_says_what_is_in_which_file() -> None:
    frame = frame_of(Format.NDJSON, by="region")
    file = joined(frame, made(frame, rows_of("A", "A"), rows_of("A", r"a\tb", r"\N")))
    listed = index(file)
    assert (listed["split"], listed["rows"], listed["rejected"]) == ({"by": "region"}, 5, 0)
    contents = entries(file)
    assert [(each["value"], each["rows"]) for each in listed["entries"]] == [
        ("A", 3), ("a\tb", 1), (None, 1),
    ]  # fmt: skip
    for each in listed["entries"]:
        content = contents[each["name"]]
        assert (each["bytes"], each["sha256"]) == (
            len(content),
            hashlib.sha256(content).hexdigest(),
        )


@given(
    regions=st.lists(st.sampled_from(["A", "B", "C", r"\N", "\udcff"]), max_size=24),
    cuts=st.sets(st.integers(0, 12)),
    kind=st.sampled_from([Format.CSV, Format.NDJSON, Format.JSON]),
    split=st.sampled_from([{"by": "region"}, {"rows": 5}, {"bytes": 60}]),
)
def test_neither_chunks_nor_copies_change_a_byte_and_no_row_is_lost(
    regions: list[str], cuts: set[int], kind: Format, split: dict[str, Any]
) -> None:
    frame = frame_of(kind, **split)
    pairs = [regions[start : start + 2] for start in range(0, len(regions), 2)]
    lines = [[f"7\t{each}\n".encode(errors="surrogateescape") for each in pair] for pair in pairs]
    parts = made(frame, *(Fragment(rows=len(two), data=b"".join(two)) for two in lines))
    bounds = [0, *sorted(cut for cut in cuts if cut < len(parts)), len(parts)]
    whole = joined(frame, parts)
    assert joined(frame, *(parts[start:end] for start, end in pairwise(bounds))) == whole
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(split_parts, "COPIED", 0)  # nothing is
        assert joined(frame, *(parts[start:end] for start, end in pairwise(bounds))) == whole
    listed = index(whole)
    rejected = regions.count("\udcff")
    assert (listed["rows"], listed["rejected"]) == (len(regions) - rejected, rejected)
    assert sum(each["rows"] for each in listed["entries"]) == len(regions) - rejected


def test_what_is_large_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split_parts, "COPIED", 40)
    frame = frame_of(Format.NDJSON, by="region")
    parts = made(frame, rows_of("A", *("B" * 9 for _ in range(50))), rows_of("B" * 9, "C"))
    data = b"".join(part.data for part in parts)
    kept = [each for each in joining_of(frame, [parts], [data]).pieces() if isinstance(each, Kept)]
    assert len(kept) == 1  # the second value, over both fragments


@pytest.mark.parametrize(
    ("split", "counts"),
    [
        ({"rows": 4}, [4, 4, 3]),
        ({"rows": 5}, [4, 4, 3]),
        ({"rows": 100}, [11]),
        ({"bytes": 1}, [2, 2, 2, 2, 2, 1]),
    ],
)
def test_files_of_so_many_rows_or_bytes_hold_whole_fragments(
    split: dict[str, Any], counts: list[int]
) -> None:
    frame = frame_of(**split)
    parts = made(frame, *(rows_of("x", "y") for _ in range(5)), rows_of("z"))
    listed = index(joined(frame, parts))["entries"]
    assert [each["rows"] for each in listed] == counts
    assert [each["name"] for each in listed] == [
        f"{number:04}.csv" for number in range(1, len(counts) + 1)
    ]


def test_without_rows_there_is_one_empty_file_or_no_value() -> None:
    by_rows, by_value = frame_of(rows=5), frame_of(by="region")
    assert entries(joined(by_rows, []))["0001.csv"] == b"Id,Region\r\n"
    assert index(joined(by_value, []))["entries"] == []


def test_a_value_none_of_whose_rows_could_be_written_has_no_file() -> None:
    frame = frame_of(by="region")
    data = b"0\tA\n1\t\xff\n2\tA\n3\tB\n4\tb\xff\n"
    part = frame.render(Fragment(rows=5, data=data))
    assert [each.row for each in part.rejected] == [1, 4]
    listed = index(joined(frame, [part]))
    assert [(each["name"], each["rows"]) for each in listed["entries"]] == [
        ("region=A.csv", 2), ("region=B.csv", 1),
    ]  # fmt: skip
    assert listed["rejected"] == 2


def test_a_value_that_comes_back_has_another_file() -> None:
    frame = frame_of(by="region")
    file = joined(frame, made(frame, rows_of("a", "A", "a")))
    assert [each["name"] for each in index(file)["entries"]] == [
        "region=a.csv",
        "region=A~2.csv",
        "region=a~3.csv",
    ]


def test_too_many_values_are_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of(by="id")
    some = Fragment(rows=MOST_ENTRIES + 1, data=b"".join(b"%d\tx\n" % n for n in range(10_001)))
    with pytest.raises(TooManyEntries, match=r"by id.*more than 10,000 parts.*fewer values"):
        frame.render(some)
    monkeypatch.setattr("processors.renderers.split.entries.MOST_ENTRIES", 2)
    parts = made(frame, rows_of("x", "y", "z"))
    with pytest.raises(TooManyEntries):
        joined(frame, parts)


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(FieldNotThere, match="split names 'land'"):
        frame_of(by="land")


@pytest.mark.parametrize("data", [b"", b"0\tA", b"0\n", b"0\tA\n1\tB\n", b"0\tA\tx\n"])
def test_a_fragment_of_another_shape_is_refused(data: bytes) -> None:
    with pytest.raises(FragmentMalformed):
        frame_of(by="region").render(Fragment(rows=1, data=data))


NASTY: Sequence[tuple[str, str]] = [
    ("", "f=.csv"),
    ("..", "f=...csv"),
    ("../../etc/passwd", "f=..%2F..%2Fetc%2Fpasswd.csv"),
    ("C:\\x", "f=C%3A%5Cx.csv"),
    ("a\0b\n\x1b", "f=a%00b%0A%1B.csv"),
    ("100 %~*?<>|\"'", "f=100 %25%7E%2A%3F%3C%3E%7C%22'.csv"),
    ("a=b", "f=a%3Db.csv"),
    ("Málaga 東京 Ελλάδα", "f=Málaga 東京 Ελλάδα.csv"),
    ("\u202egpj.exe", "f=%E2%80%AEgpj.exe.csv"),
    ("\ufeff\u200b", "f=%EF%BB%BF%E2%80%8B.csv"),
    ("😀", "f=%F0%9F%98%80.csv"),
]


@pytest.mark.parametrize(("text", "name"), NASTY)
def test_a_name_is_safe_whatever_the_value(text: str, name: str) -> None:
    assert Names(".csv").of_value("f", Value(text)) == name


def test_values_that_read_alike_have_different_names() -> None:
    names = Names(".csv")
    texts = ["ES", "es", "Es", "Straße", "STRASSE", "ｅｓ", "\u00e9", "e\u0301"]
    found = [names.of_value("f", Value(text)) for text in texts]
    assert found[:3] == ["f=ES.csv", "f=es~2.csv", "f=Es~3.csv"]
    assert found[3:5] == ["f=Straße.csv", "f=STRASSE~2.csv"]
    assert found[5:] == ["f=ｅｓ~4.csv", "f=\u00e9.csv", "f=e\u0301~2.csv"]


def test_null_is_not_a_text_that_says_so() -> None:
    names = Names(".csv")
    found = [names.of_value("f", Value(text)) for text in (None, "null", " is null", r"\N")]
    assert len(set(found)) == 4


def test_long_values_are_cut_and_stay_apart() -> None:
    names = Names(".csv")
    cells = [b"x" * 5_000 + end for end in (b"1", b"2")] + ["字".encode() * 64, b"/" * 64]
    field = "r" * 63 + "." + "f" * 63
    found = [names.of_value(field, value_of(cell, FieldType.TEXT)) for cell in cells]
    assert len(set(found)) == 4
    assert all(len(name.encode()) <= 255 for name in found)


@given(texts=st.lists(st.text(max_size=80), unique=True, max_size=9))
def test_names_are_unique_also_where_case_does_not_count(texts: list[str]) -> None:
    names = Names(".csv")
    found = [names.of_value("f", value_of(_copied(text), FieldType.TEXT)) for text in texts]
    assert len({name.casefold() for name in found}) == len(texts)
    assert not any(set(name) & set('/\\:*?"<>|') for name in found)
    assert all(name.isprintable() for name in found)


def _copied(text: str) -> bytes:
    return text.replace("\\", r"\\").encode(errors="replace")


@pytest.mark.parametrize(
    ("cell", "type_", "text"),
    [
        (b"t", FieldType.BOOLEAN, "true"),
        (b"f", FieldType.BOOLEAN, "false"),
        (b"t", FieldType.TEXT, "t"),
        (rb"a\\b\tc", FieldType.TEXT, "a\\b\tc"),
        (rb"\N", FieldType.TEXT, None),
        (b"2026-01-01", FieldType.DATE, "2026-01-01"),
    ],
)
def test_a_value_is_what_the_cell_stands_for(
    cell: bytes, type_: FieldType, text: str | None
) -> None:
    assert value_of(cell, type_).text == text
