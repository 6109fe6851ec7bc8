"""Every format through the whole service, beside `psql \\copy` of the same rows in the same round,
and beside others who write such files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pytest

from processors.kernel import kernel
from tests.bench import sizes
from tests.bench.cases import CASES, LATIN_PDF, PARQUET, PDF, PDFS, STYLED, Case
from tests.bench.heats import Duel, Entrant, Heat, entered
from tests.bench.measured import costs
from tests.bench.measuring import in_seconds, met
from tests.bench.orders import FIELDS
from tests.bench.racing import (
    ADBC_READ,
    FORMAT_RIVALS,
    LATIN_PAGES,
    OPENPYXL,
    PAGES,
    Rival,
    race,
    told,
)
from tests.bench.tables import Report, Table

XLSX_TIMES: Final = 3.0
LINEAR: Final = 1.15
"""How much longer a row of a PDF of all orders may take than one of a tenth of them."""
_FEW, _MANY = max(1, sizes.ORDERS // 10), sizes.ORDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bout:
    """What a rival is a target for: to be so many times `faster` than it, or to take at most so
    many times as long (`slower`). Without either it is only told."""

    case: Case
    rows: int
    rival: Rival
    faster: float | None = None
    slower: float | None = None


BOUTS: Final = (
    Bout(case=STYLED, rows=_FEW, rival=OPENPYXL),
    Bout(
        case=STYLED,
        rows=_MANY,
        rival=replace(OPENPYXL, part=1) if sizes.LARGE else OPENPYXL,
        faster=20.0,
    ),
    Bout(case=PARQUET, rows=_MANY, rival=ADBC_READ, slower=2.0),
    Bout(case=PDF, rows=_FEW, rival=PAGES, faster=7.0),
    Bout(case=LATIN_PDF, rows=_FEW, rival=LATIN_PAGES, faster=10.0),
)


@dataclass(slots=True)
class Found:
    """Heats of a tenth of the orders and of all, and what came of each bout."""

    few: list[Heat] = field(default_factory=list)
    many: list[Heat] = field(default_factory=list)
    duels: list[tuple[Bout, Duel]] = field(default_factory=list)


def test_bench(
    request: pytest.FixtureRequest,
    source_url: str,
    report: Report,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert kernel() is not None, "the kernel is to be measured: make kernel"
    began = time.monotonic()
    found = Found()
    for case in CASES:
        with entered(case, request, source_url, tmp_path_factory.mktemp("heat")) as entrant:
            _measure(entrant, found)
    report.tell(
        "formats",
        _speeds(found.few),
        _speeds(found.many),
        costs({heat.case.name: heat.uses for heat in found.many}),
        Table(title="Targets", headings=("what", "found", "target"), rows=list(_verdicts(found))),
    )
    opponents = {duel.raced.rival: duel.raced for _, duel in found.duels}
    others = race(FORMAT_RIVALS, source_url, tmp_path)
    minutes = (time.monotonic() - began) / 60
    table = replace(
        told([*opponents.values(), *others]),
        notes=[f"All of this and of the tables above took {minutes:.0f} minutes."],
    )
    report.tell("format-rivals", table)


def _measure(entrant: Entrant, found: Found) -> None:
    """The fewer rows first, so that they find no memory of the many."""
    found.few.append(entrant.heat(_FEW))
    if entrant.case not in PDFS:
        found.many.append(entrant.heat(_MANY))
    elif sizes.LARGE:
        found.many.append(entrant.heat(_MANY, steps=_FEW))
    for bout in BOUTS:
        if bout.case == entrant.case:
            found.duels.append((bout, entrant.duel(bout.rival, bout.rows)))


def _speeds(heats: Sequence[Heat]) -> Table:
    return Table(
        title=f"{heats[0].rows:,} orders × {len(FIELDS)} columns, median of {sizes.RUNS}",
        headings=(
            *("format", "s", "\\copy s", "× \\copy", "rows/s"),
            *("largest process MB", "target", "all together MB"),
        ),
        rows=[_speed(heat) for heat in heats],
    )


def _speed(heat: Heat) -> tuple[str, ...]:
    most = heat.case.most_mb
    return (
        heat.case.name,
        in_seconds(heat.took),
        in_seconds(heat.limit),
        f"{heat.times:.2f}",
        f"{heat.rows / heat.took:,.0f}",
        f"{heat.peak:.0f}",
        f"{most:.0f} {met(heat.peak < most)}",
        f"{heat.together:.0f}",
    )


def _verdicts(found: Found) -> Iterator[tuple[str, str, str]]:
    """Every ratio is of neighbours."""
    for heat in found.many:
        if heat.case == STYLED:
            what = f"{heat.case.name}, {heat.rows:,} rows: times \\copy"
            yield what, f"{heat.times:.2f}", _at_most(heat.times, XLSX_TIMES)
    for bout, duel in found.duels:
        yield _verdict(bout, duel)
    for heat in found.many:
        if heat.steps:
            what = f"{heat.case.name}, a row of {heat.rows:,}: times one of {_FEW:,}"
            yield what, f"{heat.a_row:.2f}", _at_most(heat.a_row, LINEAR)


def _verdict(bout: Bout, duel: Duel) -> tuple[str, str, str]:
    rows = "" if bout.rival.rows == bout.rows else f" with {bout.rival.rows:,}, by rows/s"
    ours, rival = f"{bout.case.name}, {bout.rows:,} rows", f"{bout.rival.name}{rows}"
    if bout.slower is not None:
        what = f"{ours}: times as long as {rival}"
        return what, f"{duel.slower:.2f}", _at_most(duel.slower, bout.slower)
    target = (
        "" if bout.faster is None else f"at least {bout.faster:g} {met(duel.faster >= bout.faster)}"
    )
    return f"{ours}: times as fast as {rival}", f"{duel.faster:.1f}", target


def _at_most(found: float, target: float) -> str:
    return f"at most {target:g} {met(found <= target)}"
