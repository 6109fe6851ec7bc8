"""Two workers on Kafka against one, where rendering is what takes the time: over the whole export,
and from when all rows are staged, as only one of them can read the source."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from processors.kernel import SWITCH
from tests.bench import sizes
from tests.bench.measured import SERVERS, installed, use_of
from tests.bench.measuring import in_seconds, in_turn, met, ratio
from tests.bench.orders import wanted
from tests.bench.processes import Use
from tests.bench.slowing import held_to
from tests.bench.tables import Report, Table
from tests.stacks import Client

TARGET = 1.7
HEAVY = {
    "format": "csv",
    "compression": "gzip",
    "options": {
        "delimiter": ";",
        "decimal_separator": ",",
        "thousands_separator": ".",
        "date_format": "DD/MM/YYYY",
        "instant_format": "DD/MM/YYYY HH:mm:ss",
        "zone": "Europe/Madrid",
        "encoding": "windows-1252",
        "on_unencodable": "replace",
    },
}


SHARE = 0.45
"""Of a core, for a worker that is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is exported, and of how many of the orders. `held` workers get `SHARE` of a core each:
    on two cores, one worker at full speed and the servers leave too little for a second one."""

    title: str
    format: Any
    rows: int = sizes.ORDERS
    held: bool = False


_EUROPEAN = Work(title="European CSV in windows-1252, gzip", format=HEAVY)
_WORKBOOK = Work(title="a workbook", format="xlsx")
_HALF = max(1, sizes.ORDERS // 2)
WORK: Mapping[str, Work] = {
    "workers": _EUROPEAN,
    "workers-xlsx": _WORKBOOK,
    "workers-held": replace(_EUROPEAN, rows=_HALF, held=True),
    "workers-xlsx-held": replace(_WORKBOOK, rows=_HALF, held=True),
}
"""By the name of its table."""
_PARTS = ("extract", "render", "assemble")


@dataclass(frozen=True, slots=True)
class Exported:
    """`rendered` is how many rows a second were rendered once all were staged."""

    use: Use
    rendered: float


def test_bench(
    request: pytest.FixtureRequest,
    source_url: str,
    report: Report,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Two installations side by side, so that one and two workers meet the same noise."""
    with ExitStack() as stack:
        clients = {
            workers: stack.enter_context(
                installed(
                    request,
                    "kafka",
                    source_url,
                    tmp_path_factory.mktemp(f"workers-{workers}"),
                    {"WAYBILL_RENDER_PROCESSES": "1", SWITCH: "off"},
                    workers=workers,
                )
            )
            for workers in (1, 2)
        }
        for name, work in WORK.items():
            report.tell(name, _raced(clients, source_url, work))


def _raced(clients: Mapping[int, Client], source_url: str, work: Work) -> Table:
    for client in clients.values():
        client.completed("orders", work.format, **wanted(limit=1_000))
    done: dict[int, list[Exported]] = {workers: [] for workers in clients}
    actions = {
        str(workers): partial(_export, client, source_url, work, done[workers])
        for workers, client in clients.items()
    }
    return _table(work, in_turn(sizes.RUNS, actions), done)


def _export(client: Client, source_url: str, work: Work, done: list[Exported]) -> None:
    with use_of(client, source_url) as use, _held(client) if work.held else nullcontext():
        export = client.completed("orders", work.format, **wanted(limit=work.rows))
    done.append(Exported(use, _rendered(client, export["id"])))


def _held(client: Client) -> AbstractContextManager[None]:
    processes = client.stack.processes
    return held_to(
        SHARE, [processes[name].pid for name in processes if name in client.stack.workers]
    )


def _rendered(client: Client, export_id: str) -> float:
    path, lines = f"/v1/exports/{export_id}/events", {"Accept": "application/x-ndjson"}
    told = client.http.get(path, headers=lines).raise_for_status().text.splitlines()
    events = [json.loads(line) for line in told]
    (staged,) = [each for each in events if ".extraction-finished." in each["type"]]
    rendered = [each for each in events if ".chunk-rendered." in each["type"]]
    began, ended = (datetime.fromisoformat(each["at"]) for each in (staged, rendered[-1]))
    later = sum(each["data"]["rows"] for each in rendered if each["at"] > staged["at"])
    return float(later / (ended - began).total_seconds())


def _table(work: Work, seconds: dict[str, list[float]], done: dict[int, list[Exported]]) -> Table:
    faster = ratio(seconds["1"], seconds["2"])
    staged = ratio([each.rendered for each in done[2]], [each.rendered for each in done[1]])
    rows = []
    for workers, exports in done.items():
        measured = [each.use for each in exports]
        took = statistics.median(seconds[str(workers)])
        of = [statistics.median(use.seconds.get(part, 0.0) for use in measured) for part in _PARTS]
        cpu = statistics.median(use.cpu for use in measured)
        servers = statistics.median(
            sum(use.seconds.get(name, 0.0) for name in SERVERS) for use in measured
        )
        rendered = statistics.median(each.rendered for each in exports)
        rows.append(
            (
                str(workers),
                in_seconds(took),
                *map(in_seconds, of),
                in_seconds(servers),
                in_seconds(cpu),
                f"{cpu / took:.2f}",
                f"{rendered:,.0f}",
            )
        )
    each = f"a worker with one render process{f' and {SHARE} of a core' if work.held else ''}"
    return Table(
        title=f"{work.rows:,} orders as {work.title}; {each}, median of {sizes.RUNS}",
        headings=(
            "workers",
            "s",
            *_PARTS,
            "all servers",
            "all CPU s",
            "cores busy",
            "rows/s once staged",
        ),
        rows=rows,
        notes=[
            f"Two workers, the whole export: {_verdict(faster)}.",
            f"Two workers, rendering once all rows are staged: {_verdict(staged)}.",
        ],
    )


def _verdict(times: float) -> str:
    return f"{times:.2f} times as fast as one, target {TARGET} {met(times >= TARGET)}"
