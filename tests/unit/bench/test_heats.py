"""How formats are measured beside `\\copy` and beside rivals: by neighbours, in the same round."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from domain.datasets import FieldType
from domain.formats import XlsxOptions, parse_format
from domain.masks import ByPeriod, Period, parse_mask
from tests.bench import heats, sizes
from tests.bench.bench_formats import BOUTS, LINEAR, XLSX_TIMES
from tests.bench.cases import CASES, LATIN_PDF, MASKS, PARQUET, PDF, PDFS, STYLED
from tests.bench.heats import Duel, Entrant, Heat
from tests.bench.processes import Use
from tests.bench.racing import ADBC_READ, OPENPYXL, Raced, Racer
from tests.stacks import Client


def raced(rows: int) -> Raced:
    assert OPENPYXL.rows > rows
    return Raced(rival=OPENPYXL, seconds=1.0, limit=1.0, ratio=1.0, peak=1.0)


def test_a_heat_is_told_by_the_median_of_its_rounds() -> None:
    uses = [
        Use(largest=[{"render": 90.0, "main process": 80.0}], together=[{"render": 170.0}]),
        Use(largest=[{"render": 95.0}], together=[{"render": 180.0, "main process": 80.0}]),
    ]
    heat = Heat(case=STYLED, rows=10, seconds=[3.0, 9.0, 2.0], limits=[1.0, 3.0, 2.0], uses=uses)
    assert (heat.took, heat.limit, heat.times) == (3.0, 2.0, 3.0)
    assert (heat.peak, heat.together) == (95.0, 260.0)


def test_a_row_of_many_is_compared_with_one_of_the_fewer_around_it() -> None:
    heat = Heat(
        case=PDF, rows=100, seconds=[12.0, 40.0, 30.0], limits=[1.0] * 3, uses=[],
        steps=[1.0, 4.0, 3.0], step_rows=10,
    )  # fmt: skip
    assert heat.a_row == 1.0


def test_a_rival_with_fewer_rows_is_compared_by_rows_a_second() -> None:
    rows = 4 * OPENPYXL.rows
    duel = Duel(case=STYLED, rows=rows, seconds=[2.0], rivals=[10.0], raced=raced(0))
    assert duel.faster == 20.0
    assert duel.slower == 0.05


class Recorded(Entrant):
    """Exports nothing, and says so."""

    def _export(self, rows: int) -> None:
        done.append(f"export {rows}")
        self.uses.setdefault(rows, []).append(Use())


done: list[str] = []


@pytest.fixture
def entrant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Entrant:
    done.clear()
    monkeypatch.setattr(sizes, "RUNS", 2)
    monkeypatch.setattr(heats, "copy_raw", lambda *of: done.append(f"copy {of[-1]}"))
    monkeypatch.setattr(Racer, "copy", lambda self: done.append("copy as the rival"))
    monkeypatch.setattr(Racer, "run", lambda self: done.append("rival"))
    monkeypatch.setattr(Racer, "raced", lambda self, *_: raced(0))
    nobody: Any = None
    return Recorded(case=PDF, client=nobody, source_url="", place=tmp_path)


def test_an_export_comes_right_after_copy(entrant: Entrant) -> None:
    heat = entrant.heat(10)
    assert done == ["copy 10", "export 10"] * 2
    assert len(heat.seconds) == len(heat.limits) == len(heat.uses) == 2


def test_fewer_rows_are_exported_before_and_after_the_many(entrant: Entrant) -> None:
    entrant.heat(2)
    done.clear()
    heat = entrant.heat(10, steps=2)
    assert done == ["copy 10", "export 2", "export 10", "export 2"] * 2
    assert (len(heat.steps), heat.step_rows) == (2, 2)


def test_what_is_exported_later_is_not_in_the_memory_of_a_heat(entrant: Entrant) -> None:
    heat = entrant.heat(2)
    entrant.heat(10, steps=2)
    assert len(heat.uses) == 2


def test_a_rival_runs_between_two_exports(entrant: Entrant) -> None:
    entrant.duel(ADBC_READ, 10)
    assert done == ["export 10", "copy as the rival", "rival", "export 10"] * 2


def test_a_slow_rival_has_one_round(entrant: Entrant) -> None:
    entrant.duel(OPENPYXL, 10)
    assert done == ["export 10", "copy as the rival", "rival", "export 10"]


def test_every_case_has_an_installation_of_its_own_that_is_awake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = []

    class Woken(Client):
        def __init__(self) -> None: ...

        def completed(self, dataset: str, *formats: Any, **more: Any) -> dict[str, Any]:
            settings.append((dataset, more["fields"]))
            return {}

    @contextmanager
    def installed(request: Any, transport: str, url: str, home: Path, env: Any) -> Iterator[Client]:
        settings.append((transport, env))
        yield Woken()

    monkeypatch.setattr(heats, "installed", installed)
    nobody: Any = None
    with heats.entered(STYLED.alone(), nobody, "url", tmp_path) as entrant:
        assert entrant.case.name == "xlsx, masked and styled, Python alone"
    assert settings == [("embedded", {"WAYBILL_KERNEL": "off"}), ("orders", STYLED.fields)]


def test_the_workbook_of_the_target_is_masked_and_styled() -> None:
    spec = parse_format(dict(STYLED.format))
    assert spec.format == "xlsx"
    masked = {field["name"] for field in STYLED.fields if not isinstance(field, str)}
    assert masked == set(MASKS)
    assert {each["method"] for each in MASKS.values()} == {"mask", "token", "generalise"}
    assert parse_mask(MASKS["ordered_on"], FieldType.DATE) == ByPeriod(to=Period.MONTH)
    assert isinstance(spec.options, XlsxOptions)
    assert spec.options.field_formats
    assert spec.options.conditional_formats
    assert spec.options.freeze_columns
    assert spec.options.summary is not None
    assert len(spec.options.summary.charts) == 2


def test_every_case_has_a_name_of_its_own_and_is_a_format_that_there_is() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert {parse_format(dict(case.format)).format.value for case in CASES} == {
        *("csv", "ndjson", "json", "xlsx", "parquet", "arrow", "pdf")
    }
    assert all(case.most_mb == (500 if case in PDFS else 300) for case in CASES)


def test_targets_are_those_that_were_set() -> None:
    assert (XLSX_TIMES, LINEAR) == (3.0, 1.15)
    set_for = {
        bout.case.name: (bout.faster, bout.slower)
        for bout in BOUTS
        if bout.faster is not None or bout.slower is not None
    }
    assert set_for == {
        STYLED.name: (20.0, None),
        PARQUET.name: (None, 2.0),
        PDF.name: (7.0, None),
        LATIN_PDF.name: (10.0, None),
    }
