"""The rivals: other ways to a file with the same rows, each a small program of its own."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import sizes
from tests.bench.measuring import in_seconds, ratio, timed
from tests.bench.orders import AS_TEXT, QUERY, copy_raw
from tests.bench.processes import watched
from tests.bench.tables import Table

_FOLDER = Path(__file__).with_name("rivals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """`program` is a file under rivals/, given `options`, a URL, a query and a file to write. What
    takes so long that noise doesn't count is measured once."""

    name: str
    kind: str
    program: str
    query: str = QUERY
    options: tuple[str, ...] = ()
    slow: bool = False

    @property
    def path(self) -> Path:
        return _FOLDER / self.program


RIVALS = (
    Rival(
        name="polars over ADBC",
        kind="csv",
        program="polars_frame.py",
        query=AS_TEXT,
        options=("csv",),
    ),
    Rival(
        name="polars over ADBC",
        kind="ndjson",
        program="polars_frame.py",
        query=AS_TEXT,
        options=("ndjson",),
    ),
    Rival(name="csv.writer, cursor", kind="csv", program="csv_writer.py", slow=True),
    Rival(name="pandas, chunked", kind="csv", program="pandas_chunked.py", slow=True),
)


def race(rivals: Sequence[Rival], url: str, place: Path) -> Table:
    rows = [_measured(rival, url, place) for rival in rivals]
    return Table(
        title=f"Others with the same {sizes.ORDERS:,} orders, to a plain file",
        headings=("rival", "format", "s", "\\copy s", "ratio", "rows/s", "peak MB"),
        rows=rows,
    )


def _measured(rival: Rival, url: str, place: Path) -> tuple[str, ...]:
    seconds, limits, peak = [], [], 0.0
    for _ in range(1 if rival.slow else sizes.RUNS):
        limits.append(timed(lambda: copy_raw(url, rival.kind, place / "raw")))
        own, most = _run(rival, url, place / "rival")
        seconds.append(own)
        peak = max(peak, most)
    took = statistics.median(seconds)
    return (
        rival.name,
        rival.kind,
        in_seconds(took),
        in_seconds(statistics.median(limits)),
        f"{ratio(seconds, limits):.2f}",
        f"{sizes.ORDERS / took:,.0f}",
        f"{peak:.0f}",
    )


def _run(rival: Rival, url: str, file: Path) -> tuple[float, float]:
    """Seconds and MB, the start of its Python included."""
    command = [sizes.RIVALS_PYTHON, rival.path, *rival.options, url, rival.query, file]
    program = subprocess.Popen(list(map(str, command)))
    with program, watched({program.pid: rival.name}) as use:
        took = timed(lambda: program.wait(timeout=3600))
    assert program.returncode == 0, f"{rival.name} failed"
    assert _lines(file) >= sizes.ORDERS, f"{rival.name} wrote too little"
    return took, use.peak()


def _lines(file: Path) -> int:
    with file.open("rb") as written:
        return sum(piece.count(b"\n") for piece in iter(lambda: written.read(2**20), b""))
