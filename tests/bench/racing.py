"""The rivals: other ways to a file with the same rows, each a small program of its own."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as pq

from tests.bench import sizes
from tests.bench.measuring import in_seconds, in_turn, ratio
from tests.bench.orders import AS_TEXT, MIXED, QUERY, copy_raw, first
from tests.bench.processes import watched
from tests.bench.tables import Table

_FOLDER = Path(__file__).with_name("rivals")
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """`program` is a file under rivals/, given `options`, a URL, a query and a file to write.
    `kind` is what it writes, and `limit` whose `\\copy` it is compared with. What takes so long
    that noise doesn't count is measured once, and with one row of so many in `part` where all of
    them would take minutes."""

    name: str
    kind: str
    program: str
    query: str = QUERY
    options: tuple[str, ...] = ()
    slow: bool = False
    part: int = 1

    @property
    def path(self) -> Path:
        return _FOLDER / self.program

    @property
    def rows(self) -> int:
        return max(1, sizes.ORDERS // self.part)

    @property
    def limit(self) -> str:
        return "ndjson" if self.kind == "ndjson" else "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raced:
    """Medians over the rounds; `limit` is `\\copy` of as many rows, `peak` in MB."""

    rival: Rival
    seconds: float
    limit: float
    ratio: float
    peak: float

    @property
    def speed(self) -> float:
        """Rows a second."""
        return self.rival.rows / self.seconds


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
OPENPYXL = Rival(
    name="openpyxl, write-only", kind="xlsx", program="openpyxl_write_only.py", slow=True, part=10
)
ADBC_READ = Rival(
    name="ADBC, read only", kind="arrow", program="adbc_arrow.py", query=AS_TEXT, options=("read",)
)
PAGES = Rival(
    name="ReportLab, a table a page",
    kind="pdf",
    program="reportlab_pdf.py",
    query=MIXED,
    options=("pages",),
    slow=True,
    part=10,
)
LATIN_PAGES = replace(PAGES, name="ReportLab, a table a page, Latin only", query=QUERY)
OPPONENTS = (OPENPYXL, PAGES, LATIN_PAGES, ADBC_READ)
"""Those that a target is about: measured between two exports."""
FORMAT_RIVALS = (
    Rival(name="XlsxWriter", kind="xlsx", program="xlsxwriter_constant.py", slow=True, part=10),
    Rival(name="pandas", kind="xlsx", program="pandas_excel.py", slow=True, part=10),
    Rival(name="polars", kind="xlsx", program="polars_excel.py", query=AS_TEXT, slow=True, part=10),
    Rival(name="tablib", kind="xlsx", program="tablib_xlsx.py", slow=True, part=10),
    Rival(
        name="ReportLab, LongTable",
        kind="pdf",
        program="reportlab_pdf.py",
        query=MIXED,
        options=("long",),
        slow=True,
        part=100,
    ),
    Rival(
        name="ADBC to pyarrow",
        kind="parquet",
        program="adbc_arrow.py",
        query=AS_TEXT,
        options=("write",),
    ),
)
"""The slow ones have a tenth of the rows, or a hundredth."""


class Racer:
    """A rival where it is measured. `copy` and `run` are for `in_turn`; `raced` tells what came of
    them, and fails if the file is too small."""

    def __init__(self, rival: Rival, url: str, place: Path) -> None:
        self.rival = rival
        self._url = url
        self._raw, self._file = place / "raw", place / "rival"
        self._peak = 0.0

    @property
    def rounds(self) -> int:
        return 1 if self.rival.slow else sizes.RUNS

    def copy(self) -> None:
        """`\\copy` of as many rows."""
        copy_raw(self._url, self.rival.limit, self._raw, self.rival.rows)

    def run(self) -> None:
        """The start of its Python is included."""
        rival = self.rival
        module = f"tests.bench.rivals.{rival.path.stem}"
        command = [sizes.RIVALS_PYTHON.absolute(), "-m", module, *rival.options, self._url]
        self._file.unlink(missing_ok=True)
        arguments = [*map(str, command), first(rival.query, rival.rows), str(self._file)]
        program = subprocess.Popen(arguments, cwd=_ROOT)
        with program, watched({program.pid: rival.name}) as use:
            program.wait(timeout=3600)
        assert program.returncode == 0, f"{rival.name} failed"
        self._peak = max(self._peak, use.peak())

    def raced(self, seconds: Sequence[float], limits: Sequence[float]) -> Raced:
        """`limits` are those of `copy` in the same rounds."""
        rival = self.rival
        written = _COUNTED.get(rival.kind, _lines)(self._file)
        assert written >= rival.rows, f"{rival.name} wrote too little"
        return Raced(
            rival=rival,
            seconds=statistics.median(seconds),
            limit=statistics.median(limits),
            ratio=ratio(seconds, limits),
            peak=self._peak,
        )


def race(rivals: Sequence[Rival], url: str, place: Path) -> list[Raced]:
    return [_raced(Racer(rival, url, place)) for rival in rivals]


def told(raced: Sequence[Raced]) -> Table:
    """Rows are told where they are not all."""
    return Table(
        title=f"Others with the same {sizes.ORDERS:,} orders, to a plain file",
        headings=("rival", "format", "rows", "s", "\\copy s", "ratio", "rows/s", "peak MB"),
        rows=[
            (
                each.rival.name,
                each.rival.kind,
                f"{each.rival.rows:,}",
                in_seconds(each.seconds),
                in_seconds(each.limit),
                f"{each.ratio:.2f}",
                f"{each.speed:,.0f}",
                f"{each.peak:.0f}",
            )
            for each in raced
        ],
    )


def _raced(racer: Racer) -> Raced:
    seconds = in_turn(racer.rounds, {"\\copy": racer.copy, "rival": racer.run})
    return racer.raced(seconds["rival"], seconds["\\copy"])


def _lines(file: Path) -> int:
    with file.open("rb") as written:
        return sum(piece.count(b"\n") for piece in iter(lambda: written.read(2**20), b""))


def _sheet_rows(file: Path) -> int:
    with ZipFile(file) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(book.read(name).count(b"<row ") for name in sheets)


def _parquet_rows(file: Path) -> int:
    return int(pq.read_metadata(file).num_rows)


def _bytes(file: Path) -> int:
    """A PDF has many for every row."""
    return file.stat().st_size


_COUNTED: Mapping[str, Callable[[Path], int]] = {
    "xlsx": _sheet_rows,
    "parquet": _parquet_rows,
    "pdf": _bytes,
}
