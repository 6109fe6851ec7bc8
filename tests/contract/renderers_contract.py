"""What every renderer promises, whatever its format: the same bytes from the same rows, no row
lost, and values that come back equal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.ports import Fragment
from processors.renderers import Part, Reason
from processors.renderers.copy_text import FragmentMalformed
from tests.contract.renderers_cases import Case
from tests.contract.renderers_golden import GOLDEN, digest
from tests.contract.renderers_rows import COLUMNS, ROWS, Row, fragment, ordinary_rows
from tests.joined import joined

EXAMPLES = 15
"""Of each case: there are dozens, which share most of their code."""
CUTS = 12
"""Ways to cut the same rows, likewise."""


class RendererContract:
    """Give it every `case`."""

    @settings(max_examples=EXAMPLES)
    @given(rows=ROWS)
    def test_values_come_back_equal(self, case: Case, rows: list[Row]) -> None:
        assert case.table(_file(case, [fragment(rows)])) == _expected(case, rows)

    def test_the_same_rows_give_the_same_bytes(self, case: Case) -> None:
        rows = fragment(ordinary_rows(500))
        assert _file(case, [rows]) == _file(case, [rows])

    def test_a_fresh_process_with_another_hash_seed_gives_the_same_bytes(self, case: Case) -> None:
        assert _digests_of_a_fresh_process()[case.name] == digest(case)

    def test_the_bytes_are_those_of_the_last_release(self, case: Case) -> None:
        golden = json.loads(GOLDEN.read_text())[case.name]
        assert {"codec": case.codec, "sha256": digest(case)} == golden, (
            "the output changed: raise the writer's version in domain/formats.py, then run "
            "python -m tests.contract.renderers_golden"
        )

    @settings(max_examples=CUTS)
    @given(cuts=st.lists(st.integers(0, 6), max_size=4), seed=st.integers(0, 99))
    def test_neither_chunks_nor_workers_change_a_byte(
        self, case: Case, cuts: list[int], seed: int
    ) -> None:
        fragments = _six_fragments()
        chunks = [
            fragments[start:end]
            for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 6], strict=True)
        ]
        rendered: dict[int, list[Part]] = {}
        for index in Random(seed).sample(range(len(chunks)), len(chunks)):
            worker = case.frame()
            rendered[index] = [worker.render(each) for each in chunks[index]]
        parts = [rendered[index] for index in range(len(chunks))]
        assert joined(case.frame(), *parts) == _file_of_six_fragments(case)

    def test_no_rows_give_a_file_that_can_be_read(self, case: Case) -> None:
        assert case.table(_file(case, [])) == []

    def test_an_empty_fragment_adds_nothing(self, case: Case) -> None:
        assert case.frame().render(Fragment(rows=0, data=b"")).data == b""

    @pytest.mark.parametrize(
        ("damage", "reason"),
        [
            (b"\xff", Reason.NOT_UTF_8),
            (b"caf\xe9", Reason.NOT_UTF_8),
            (b"\xc0\xaf", Reason.NOT_UTF_8),
            (b"\xf4\x90\x80\x80", Reason.NOT_UTF_8),
            (b"half a pair \xed\xa0\x80", Reason.LONE_SURROGATE),
            (b"a pair as two \xed\xa0\xbd\xed\xb8\x80", Reason.LONE_SURROGATE),
        ],
    )
    def test_a_damaged_value_of_any_type_rejects_its_row_and_no_other(
        self, case: Case, damage: bytes, reason: Reason
    ) -> None:
        rows = ordinary_rows(5)
        files = set()
        for type_ in FieldType:
            part = case.frame().render(_damaged(rows, 3, type_, damage))
            assert [(r.row, r.field, r.reason) for r in part.rejected] == [(3, type_, reason)]
            files.add(joined(case.frame(), [part]))
        for file in files:
            assert case.table(file) == _expected(case, rows[:3] + rows[4:])

    def test_nul_is_written_or_rejects_its_row(self, case: Case) -> None:
        rows = ordinary_rows(2)
        part = case.frame().render(_damaged(rows, 1, FieldType.TEXT, b"a\0b"))
        table = case.table(joined(case.frame(), [part]))
        if case.nul:
            assert table[1][0] == "a\0b"
        else:
            assert [(r.row, r.reason) for r in part.rejected] == [(1, Reason.NUL_CHARACTER)]
            assert table == _expected(case, rows[:1])

    @settings(max_examples=CUTS)
    @given(damaged=st.sets(st.integers(0, 11)))
    def test_rows_written_and_rejected_are_all_rows(self, case: Case, damaged: set[int]) -> None:
        rows = ordinary_rows(12)
        data = fragment(rows).data.splitlines(keepends=True)
        lines = [b"\xff" + line if row in damaged else line for row, line in enumerate(data)]
        part = case.frame().render(Fragment(rows=12, data=b"".join(lines)))
        assert part.rows + len(part.rejected) == 12
        assert {rejection.row for rejection in part.rejected} == damaged
        assert len(case.table(joined(case.frame(), [part]))) == part.rows

    def test_a_wide_cell_is_no_trouble(self, case: Case) -> None:
        times = 12_000 if case.longest is None else case.longest // 3
        row = ("x,\n" * times, *ordinary_rows(1)[0][1:])
        assert case.table(_file(case, [fragment([row])])) == _expected(case, [row])

    def test_a_cell_wider_than_the_format_has_rejects_its_row(self, case: Case) -> None:
        if case.longest is None:
            return
        rows = ordinary_rows(2)
        for text in ("x" * (case.longest + 1), "𝔘" * (case.longest // 2 + 1)):
            part = case.frame().render(fragment([(text, *rows[0][1:]), rows[1]]))
            assert [(r.row, r.reason) for r in part.rejected] == [(0, Reason.CELL_TOO_LONG)]
            assert case.table(joined(case.frame(), [part])) == _expected(case, rows[1:])

    @pytest.mark.parametrize("data", [b"a\tb\n", b"", b"no line end", b"\t" * 10 + b"\n\n"])
    def test_text_of_another_shape_is_refused(self, case: Case, data: bytes) -> None:
        with pytest.raises(FragmentMalformed):
            case.frame().render(Fragment(rows=1, data=data))


@cache
def _six_fragments() -> list[Fragment]:
    rows = ordinary_rows(60)
    return [fragment(rows[start : start + 10]) for start in range(0, 60, 10)]


@lru_cache(maxsize=1)
def _file_of_six_fragments(case: Case) -> bytes:
    return _file(case, _six_fragments())


def _file(case: Case, fragments: Sequence[Fragment]) -> bytes:
    frame = case.frame()
    return joined(frame, [frame.render(each) for each in fragments])


def _expected(case: Case, rows: Sequence[Row]) -> list[list[object]]:
    return [
        [case.expect(column.type, value) for column, value in zip(COLUMNS, row, strict=True)]
        for row in rows
    ]


def _damaged(rows: Sequence[Row], row: int, type_: FieldType, value: bytes) -> Fragment:
    lines = fragment(rows).data.splitlines(keepends=True)
    cells = lines[row].rstrip(b"\n").split(b"\t")
    cells[[column.type for column in COLUMNS].index(type_)] = value
    lines[row] = b"\t".join(cells) + b"\n"
    return Fragment(rows=len(rows), data=b"".join(lines))


def _digests_of_a_fresh_process() -> dict[str, str]:
    """Asked once a test process."""
    if not _FRESH:
        answer = subprocess.run(
            [sys.executable, "-m", "tests.contract.renderers_golden", "--print"],
            env={**os.environ, "PYTHONHASHSEED": "4711"},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
        )
        _FRESH.update({name: each["sha256"] for name, each in json.loads(answer.stdout).items()})
    return _FRESH


_FRESH: dict[str, str] = {}
