"""What the work on an export goes into, for whoever wants to make it less: BENCH_PROFILE=1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import pytest

from domain.exports.events import ChosenField
from domain.exports.state import Status
from infra.catalog import load_catalog
from infra.rows import open_source
from tests.bench import sizes
from tests.bench.cases import CASES, Case
from tests.bench.measuring import in_seconds
from tests.bench.orders import declared
from tests.bench.profiling import PARTS, Profiling, Timing, in_one_thread
from tests.bench.tables import Report, Table
from tests.fakes_work import FakeRows
from tests.kernels import By, rendering
from tests.processing import World

_ROWS: Final = max(1, sizes.ORDERS // 10)
_NOTE: Final = (
    "The tasks are done in one thread, with files in memory. The profiler takes time at each call "
    "from Python: where the last two columns differ much, what is many small calls, as masks and "
    "rows by Python are, takes less than its column says."
)


@pytest.mark.skipif(not sizes.PROFILE, reason="BENCH_PROFILE=1 runs it")
def test_bench(source_url: str, report: Report, tmp_path: Path) -> None:
    settings = declared(source_url, tmp_path)
    world = _world(Path(settings["WAYBILL_DATASETS"]))
    table = Table(
        title=f"What the tasks of {_ROWS:,} orders go into: CPU seconds under the profiler",
        headings=("format", *PARTS, "all", "all, unprofiled"),
        rows=[_row(case, world) for case in CASES],
        notes=[_NOTE],
    )
    report.tell("profile", table)


def _world(datasets: Path) -> Callable[[], World]:
    """Everything but the source is faked, so that nothing but the tasks takes time."""
    catalog = load_catalog(datasets)
    (source,) = catalog.sources.values()
    return lambda: World(rows=cast(FakeRows, open_source(source)), datasets=dict(catalog.datasets))


def _row(case: Case, world: Callable[[], World]) -> tuple[str, ...]:
    timing, profiling = Timing(), Profiling()
    _export(case, world(), timing)
    _export(case, world(), profiling)
    spent = profiling.spent()
    parts = (in_seconds(spent.get(part, 0.0)) for part in PARTS)
    return case.name, *parts, in_seconds(sum(spent.values())), in_seconds(timing.seconds)


def _export(case: Case, world: World, watch: Timing | Profiling) -> None:
    world.children.before, world.children.after = watch.begin, watch.end
    fields = tuple(map(_chosen, case.fields))
    with in_one_thread(), rendering(By.KERNEL if case.with_kernel else By.PYTHON):
        export_id = world.request(case.format, dataset="orders", fields=fields, limit=_ROWS)
        ended = world.finish(export_id)
    assert ended.status is Status.COMPLETED, ended


def _chosen(field: Any) -> ChosenField:
    return ChosenField(name=field) if isinstance(field, str) else ChosenField(**field)
