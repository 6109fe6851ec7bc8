"""Every format through the whole service, with its defaults, beside `psql \\copy` of the same rows
in the same run, and beside others who write such files."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import sizes
from tests.bench.measured import ALONE, SERVERS, costs, use_of
from tests.bench.measuring import in_seconds, in_turn, met, ratio
from tests.bench.orders import FIELDS, MIXED_FIELDS, copy_raw, wanted
from tests.bench.processes import Use
from tests.bench.racing import ADBC_READ, FORMAT_RIVALS, OPENPYXL, PAGES, Raced, Rival, race, told
from tests.bench.tables import Report, Table
from tests.stacks import Client

FORMATS: Mapping[str, Any] = {
    "csv": "csv",
    "ndjson": "ndjson",
    "json": "json",
    "xlsx": "xlsx",
    f"xlsx{ALONE}": "xlsx",
    "parquet": "parquet",
    "arrow": "arrow",
    "pdf": {"format": "pdf", "options": {"on_missing_glyph": "replace"}},
}
XLSX_TIMES, OPENPYXL_TIMES, ADBC_TIMES, REPORTLAB_TIMES = 3.0, 20.0, 2.0, 7.0
MOST_MB = {"pdf": 500.0}
_MOST_MB = 300.0
_JSON_LIMIT = "\\copy row_to_json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All formats with so many rows: the seconds of each round, and what each took."""

    rows: int
    seconds: Mapping[str, Sequence[float]]
    uses: Mapping[str, Sequence[Use]]

    def took(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def times(self, name: str) -> float:
        """As long as `\\copy` of the same round."""
        return ratio(self.seconds[name], self.seconds["\\copy"])

    def peak(self, name: str) -> float:
        return max((use.peak(*SERVERS) for use in self.uses.get(name, ())), default=0.0)


def test_bench(
    embedded: Client, without_kernel: Client, source_url: str, report: Report, tmp_path: Path
) -> None:
    clients = {name: without_kernel if name.endswith(ALONE) else embedded for name in FORMATS}
    for client in (embedded, without_kernel):
        client.completed("orders", "csv", "xlsx", **wanted(limit=1_000))  # wakes everybody up
    few, many = (
        _measured(clients, source_url, tmp_path, rows)
        for rows in (max(1, sizes.ORDERS // 10), sizes.ORDERS)
    )
    raced = {each.rival: each for each in race(FORMAT_RIVALS, source_url, tmp_path)}
    report.tell(
        "formats", _speeds(few), _speeds(many), costs(many.uses), _verdicts(few, many, raced)
    )
    report.tell("format-rivals", told(list(raced.values())))


def _measured(clients: Mapping[str, Client], url: str, place: Path, rows: int) -> Measured:
    """A PDF of many rows is for BENCH_LARGE."""
    names = [name for name in FORMATS if name != "pdf" or rows < sizes.ORDERS or sizes.LARGE]
    uses: dict[str, list[Use]] = {name: [] for name in names}
    actions: dict[str, Callable[[], Any]] = {
        "\\copy": partial(copy_raw, url, "csv", place / "raw", rows),
        _JSON_LIMIT: partial(copy_raw, url, "ndjson", place / "raw", rows),
        **{name: partial(_export, clients[name], url, name, rows, uses[name]) for name in names},
    }
    return Measured(rows=rows, seconds=in_turn(sizes.RUNS, actions), uses=uses)


def _export(client: Client, url: str, name: str, rows: int, uses: list[Use]) -> None:
    """A PDF has names in many scripts, as its texts are what takes the time."""
    fields = MIXED_FIELDS if name == "pdf" else FIELDS
    with use_of(client, url) as use:
        export = client.request("orders", FORMATS[name], fields=fields, limit=rows)
        ended = client.ended(export["id"], patience=3600)
    assert ended["status"] == "completed", ended
    uses.append(use)


def _speeds(measured: Measured) -> Table:
    return Table(
        title=f"{measured.rows:,} orders × {len(FIELDS)} columns, median of {sizes.RUNS}",
        headings=("format", "s", "× \\copy", "rows/s", "peak MB", "target MB"),
        rows=[_speed(measured, name) for name in measured.seconds],
    )


def _speed(measured: Measured, name: str) -> tuple[str, ...]:
    took, peak, most = measured.took(name), measured.peak(name), MOST_MB.get(name, _MOST_MB)
    own = name in measured.uses
    return (
        name,
        in_seconds(took),
        f"{measured.times(name):.2f}",
        f"{measured.rows / took:,.0f}",
        f"{peak:.0f}" if own else "",
        f"{most:.0f} {met(peak < most)}" if own else "",
    )


def _verdicts(few: Measured, many: Measured, raced: Mapping[Rival, Raced]) -> Table:
    return Table(
        title="Targets",
        headings=("what", "found", "target"),
        rows=list(_targets(few, many, raced)),
    )


def _targets(
    few: Measured, many: Measured, raced: Mapping[Rival, Raced]
) -> Iterator[tuple[str, str, str]]:
    """A rival that was given fewer rows is compared by rows a second."""
    xlsx = many.times("xlsx")
    yield _at_most(f"xlsx of {many.rows:,} rows, times \\copy", xlsx, XLSX_TIMES)
    faster = _speed_of(many, "xlsx") / raced[OPENPYXL].speed
    yield _at_least("xlsx, times as fast as openpyxl write-only", faster, OPENPYXL_TIMES)
    parquet = many.took("parquet") / raced[ADBC_READ].seconds
    yield _at_most("parquet, times the reading by ADBC", parquet, ADBC_TIMES)
    pdf = _speed_of(few, "pdf") / raced[PAGES].speed
    what = f"pdf of {few.rows:,} rows, times as fast as ReportLab's table a page"
    yield _at_least(what, pdf, REPORTLAB_TIMES)


def _speed_of(measured: Measured, name: str) -> float:
    return measured.rows / measured.took(name)


def _at_most(what: str, found: float, target: float) -> tuple[str, str, str]:
    return what, f"{found:.2f}", f"at most {target:g} {met(found <= target)}"


def _at_least(what: str, found: float, target: float) -> tuple[str, str, str]:
    return what, f"{found:.1f}", f"at least {target:g} {met(found >= target)}"
