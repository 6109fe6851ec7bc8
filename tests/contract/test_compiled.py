"""The compiled kernel writes, byte for byte, what Python writes, and leaves it the same rows."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.formats import Format, default_format, parse_format
from domain.ports import Fragment
from processors.kernel import SWITCH, VERSION, kernel
from processors.renderers import Column, Frame, Member, Part, RenderPlan, prepare
from processors.renderers.copy_text import BLOCK_BYTES, FragmentMalformed
from tests.contract.renderers_rows import COLUMNS, VALUES, fragment, ordinary_rows
from tests.kernels import By, rendering

_EUROPEAN = {
    "delimiter": ";",
    "decimal_separator": ",",
    "thousands_separator": ".",
    "date_format": "DD/MM/YYYY",
    "timestamp_format": "D.M.YY h:mm:ss.SSS A",
    "instant_format": "DD/MM/YYYY HH:mm:ss.SSSSSS Z",
    "zone": "Europe/Madrid",
}
_CSV: dict[str, dict[str, Any]] = {
    "plain": {},
    "unguarded": {"formula_guard": False},
    "all quoted": {"quote": "all", "zone": "Asia/Kolkata", "date_format": "[on ]DD/MM/YYYY"},
    "European": _EUROPEAN,
    "spaced": {"delimiter": " ", "zone": "Europe/Madrid"},
    "rounded": {"decimal_places": 2},
    "rounded to none": {"decimal_places": 0, "thousands_separator": " ", "quote": "all"},
    "null text": {"null_text": "NULL", "line_end": "lf", "zone": "America/St_Johns"},
    "a null text that values may be": {"null_text": "t", "true_text": "1", "false_text": ""},
    "a null text that numbers may be": {"null_text": "-1"},
    "a null text that looks guarded": {"null_text": "'-"},
    "windows-1252": {"encoding": "windows-1252"},
    "windows-1252, replaced": {"encoding": "windows-1252", "on_unencodable": "replace"},
    "utf-16le": {"encoding": "utf-16le", "zone": "Africa/Monrovia"},
    "half an hour of summer": {"instant_format": "H:mm:ss Z", "zone": "Australia/Lord_Howe"},
}
_JSON: dict[str, dict[str, Any]] = {
    "plain": {},
    "careful": {"nulls": "omit", "big_integers": "strings", "decimals": "strings"},
    "zoned": {"zone": "America/New_York", "nulls": "omit"},
}
_XLSX: dict[str, dict[str, Any]] = {
    "plain": {},
    "null text": {"null_text": "<NULL>", "on_long_text": "cut"},
    "zoned": {"zone": "Europe/Madrid", "field_formats": {"float": "0.00E+00"}},
    "summary": {
        "summary": {
            "figures": {"integer": ["sum", "max"], "date": ["min"]},
            "groups": [{"by": "boolean", "sums": ["integer"]}],
        }
    },
}
SPECS = {
    f"{kind}, {name}": {"format": kind, "options": options}
    for kind, all_options in {
        "csv": _CSV, "ndjson": _JSON, "json": _JSON, "xlsx": _XLSX,
    }.items()
    for name, options in all_options.items()
}  # fmt: skip
_PYTHON_ALONE = {
    "csv, a null text that numbers may be": "what equals it is quoted, so each value is compared",
    "csv, spaced": "a timestamp is quoted for the space in it",
}

_NEARLY = [
    *(
        "",
        " ",
        "-",
        "+",
        ".",
        "0",
        "-0",
        "-0.0",
        "00",
        "007",
        "1.",
        ".5",
        "-.5",
        "1.5.5",
        "--1",
    ),
    *("+1", "1e5", "1E5", "1e+05", "1e-400", "-1e400", "1e308", "2e-308", "1e", "e1", "5e-324"),
    *("999999999999999", "9999999999999999", "0.1234567890123456", "9007199254740993"),
    *("99.995", "-0.004", "-0.005", "9.5", "0.5", "1234567.891", "-1234", "1" * 39, "1" * 301),
    *("1900-02-28", "1900-03-01", "0000-01-01", "0001-01-01", "9999-12-31", "2023-02-29"),
    *("2024-02-29", "1900-02-29", "2000-02-29", "2024-13-01", "2024-00-10", "2024-01-32"),
    *("2024-1-01", "20240101", "24:00:00", "00:00:00.001", "00:00:08.64", "23:59:60", "1:2:3"),
    *("00:00:00", "12:34:56.7", "12:34:56.1234567", "12:34:56.", "12:34:56+02", "25:00:00"),
    *("2024-03-31 00:59:59+00", "2024-03-31 01:00:00+00", "2024-10-27 00:30:00.123456+00"),
    *("1900-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "0001-01-01 00:00:00+00"),
    *("2024-07-01 24:00:00+00", "2024-07-01 12:00:00", "2024-07-01 12:00:00.5+00"),
    *("2024-07-01T12:00:00+00", "2024-07-01 12:00:00+01", "2024-07-01 12:00:00+00:00"),
    *("2024-07-01 12:00:00.1234567+00", "2024-07-01 12:00:00.+00", "1883-11-18 17:00:00+00"),
    *("_x0041_", "_x0041", "a_x00e9_b", "_xZZZZ_", "__x0041__", "\\", "\\N", "\\\\", "\ufffe"),
    *(
        "\uffff",
        "\ufffd",
        "\r",
        "\x00",
        "\x1f",
        "a\nb",
        "a\x0bb",
        " =1",
        "\u00a0=1",
        "\u200b+x",
    ),
    *(
        "\u3000-x",
        "\u1680=",
        "\ufeff@",
        "-1",
        "-1,5",
        "+1.5e3",
        "-1e",
        "=",
        "＝1",
        "－",
        "\t=1",
    ),
    *("true", "NULL", "<NULL>", "x" * 32_767, "x" * 32_768, "é" * 16_384, "𝔘" * 16_384, ",;"),
    *("0e0", "0e5", "-0e0", "'-", "'", "t", "f", "9007199254740992", "-9007199254740993"),
]
"""Of some type or nearly so."""
_ORDINARY = ordinary_rows(40)
_BESIDE = _ORDINARY[7]
"""A row without nulls of which every cell is ordinary."""


def _with(at: int, value: str | None) -> tuple[str | None, ...]:
    return (*_BESIDE[:at], value, *_BESIDE[at + 1 :])


_ROWS = st.lists(
    st.sampled_from(_ORDINARY)
    | st.sampled_from(range(len(COLUMNS))).flatmap(
        lambda at: st.builds(
            _with, st.just(at), st.none() | VALUES[COLUMNS[at].type] | VALUES[FieldType.TEXT]
        )
    ),
    min_size=1,
    max_size=12,
)
"""Rows in which one cell at most may be odd, as an odd one makes its row Python's."""


def _as_a_cell(raw: bytes) -> bytes:
    """What ends with half an escape would take the next cell in."""
    cell = raw.replace(b"\t", b"\\").replace(b"\n", b"\\")
    half = (len(cell) - len(cell.rstrip(b"\\"))) % 2
    return cell + b"\\" * half


_RAW_CELL = st.binary(max_size=12).map(_as_a_cell) | st.sampled_from(
    [b"\\N", b"\\n", b"\\\\N", b"\\x", b"a\\Nb", b"\xc2\xa0=1", b"\\&", b"\\v=1"]
)


@cache
def frames(name: str) -> tuple[Frame, Frame]:
    """By Python, and by the kernel."""
    plan = RenderPlan(spec=parse_format(SPECS[name]), columns=COLUMNS)
    with rendering(By.PYTHON):
        by_python = prepare(plan)
    with rendering(By.KERNEL):
        return by_python, prepare(plan)


def rendered(frame: Frame, rows: Fragment) -> Part | str:
    try:
        return frame.render(rows)
    except FragmentMalformed as malformed:
        return str(malformed)


@pytest.mark.parametrize("name", SPECS)
class TestTheSameBytes:
    @settings(max_examples=40)
    @given(rows=_ROWS)
    def test_of_any_rows(self, name: str, rows: Sequence[Sequence[str | None]]) -> None:
        by_python, by_kernel = frames(name)
        given_rows = fragment(rows)
        assert by_kernel.render(given_rows) == by_python.render(given_rows)

    def test_of_each_value_in_each_field(self, name: str) -> None:
        by_python, by_kernel = frames(name)
        for at in range(len(COLUMNS)):
            for value in _NEARLY:
                row = fragment([_with(at, value)])
                assert by_kernel.render(row) == by_python.render(row), (COLUMNS[at].name, value)

    @settings(max_examples=60)
    @given(at=st.integers(0, len(COLUMNS) - 1), cell=_RAW_CELL)
    def test_of_what_no_source_would_give(self, name: str, at: int, cell: bytes) -> None:
        by_python, by_kernel = frames(name)
        cells = fragment([_BESIDE]).data.removesuffix(b"\n").split(b"\t")
        line = b"\t".join([*cells[:at], cell, *cells[at + 1 :]]) + b"\n"
        ordinary = fragment(_ORDINARY[:2]).data
        rows = Fragment(rows=5, data=ordinary + line + ordinary)
        assert rendered(by_kernel, rows) == rendered(by_python, rows)

    def test_of_many_blocks(self, name: str) -> None:
        """In the second half with so many odd rows that Python takes the blocks over."""
        by_python, by_kernel = frames(name)
        many = ordinary_rows(3 * BLOCK_BYTES // 200)
        half = len(many) // 2
        many[10] = ("\x00", *many[10][1:])
        many[half::7] = [_with(5, "infinity")] * len(many[half::7])
        many[half + 1] = ("\x00", *many[half][1:])
        rows = fragment(many)
        assert by_kernel.render(rows) == by_python.render(rows)

    @pytest.mark.parametrize("data", [b"a\tb\n", b"", b"no line end", b"\t" * 10 + b"\n\n"])
    def test_of_another_shape(self, name: str, data: bytes) -> None:
        by_python, by_kernel = frames(name)
        rows = Fragment(rows=1, data=data)
        assert rendered(by_kernel, rows) == rendered(by_python, rows)

    def test_the_kernel_writes_it_at_all(self, name: str) -> None:
        by_python, by_kernel = frames(name)
        assert _compiled(by_python) is None
        assert (_compiled(by_kernel) is None) == (name in _PYTHON_ALONE)


def _compiled(frame: Any) -> object:
    return frame.of(0)._rows.compiled


def test_ordinary_rows_are_all_the_kernels() -> None:
    for name in SPECS.keys() - _PYTHON_ALONE.keys():
        compiled: Any = _compiled(frames(name)[1])
        block = fragment(_ordinary_alone()).data
        content, rows, end = compiled.write(block, 0)
        assert (rows, end) == (len(_ordinary_alone()), len(block)), name
        assert content


def _ordinary_alone() -> list[tuple[str | None, ...]]:
    """Without the months in which a clock may change."""
    return [row for row in _ORDINARY if "-03-" not in str(row) and "-09-" not in str(row)]


@pytest.mark.parametrize("options", [{}, {"nulls": "omit"}, {"decimals": "strings"}])
def test_nested_values(options: dict[str, Any]) -> None:
    members = (
        Member(name="price", type=FieldType.DECIMAL),
        Member(name="at", type=FieldType.INSTANT),
    )
    columns = (
        Column(name="id", label="Id", type=FieldType.INTEGER),
        Column(name="orders", label="Orders", type=FieldType.JSON, members=members),
    )
    plan = RenderPlan(spec=parse_format({"format": "ndjson", "options": options}), columns=columns)
    lines = [
        b'1\t[{"price":1.50,"at":"2024-07-01T12:00:00Z"}]\n',
        b"2\t\\N\n",
        b'3\t[]\n',
    ]  # fmt: skip
    rows = Fragment(rows=3, data=b"".join(lines))
    parts = []
    for by in By:
        with rendering(by):
            parts.append(prepare(plan).render(rows))
    assert parts[0] == parts[1]
    assert parts[0].rows == 3


@pytest.mark.parametrize("type_", FieldType)
@pytest.mark.parametrize("kind", ["csv", "ndjson", "json", "xlsx"])
def test_a_lone_column(kind: str, type_: FieldType) -> None:
    (column,) = (column for column in COLUMNS if column.type is type_)
    plan = RenderPlan(spec=parse_format({"format": kind}), columns=(column,))
    at = COLUMNS.index(column)
    rows = fragment([*([row[at]] for row in _ORDINARY), [None], [""]])
    parts = []
    for by in By:
        with rendering(by):
            parts.append(prepare(plan).render(rows))
    assert parts[0] == parts[1]


def test_a_row_that_is_very_long_is_not_the_kernels() -> None:
    by_python, by_kernel = frames("csv, plain")
    rows = fragment([("x" * 9 * BLOCK_BYTES, *_BESIDE[1:]), _BESIDE])
    assert by_kernel.render(rows) == by_python.render(rows)


def test_a_kernel_of_older_bytes_is_never_used() -> None:
    """Where one of these writes its rows otherwise, the kernel does, and so does its version: that
    in processors/kernel.py and in kernel/src/lib.rs. Then this is told of it. From `xlsx/3` to
    `xlsx/4` only what is around the rows changed; the kernel's second version masks rows too."""
    formats = (Format.CSV, Format.NDJSON, Format.JSON, Format.XLSX)
    writers = [default_format(each).codec.split("+")[0] for each in formats]
    zoned = parse_format({"format": "csv", "options": {"zone": "Europe/Madrid"}}).codec
    clocks = zoned.partition("+tz/")[2].partition(":")[0]
    assert (VERSION, writers, clocks) == (2, ["csv/1", "ndjson/2", "json/2", "xlsx/4"], "2")


def test_threads_share_a_frame() -> None:
    by_python, by_kernel = frames("csv, European")
    rows = fragment(ordinary_rows(2_000))
    wanted = by_python.render(rows)
    found: list[Part] = []
    threads = [
        threading.Thread(target=lambda: found.append(by_kernel.render(rows))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 4


class TestWithoutAKernel:
    def test_it_can_be_switched_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert kernel() is not None
        monkeypatch.setenv(SWITCH, "off")
        assert kernel() is None

    def test_it_need_not_be_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "waybill_kernel", None)
        assert kernel() is None

    def test_one_of_another_release_is_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = ModuleType("waybill_kernel")
        monkeypatch.setattr(other, "VERSION", VERSION + 1, raising=False)
        monkeypatch.setitem(sys.modules, "waybill_kernel", other)
        assert kernel() is None
