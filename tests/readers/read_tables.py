"""Every value of every file, as programs that are not ours read it, is what PostgreSQL said."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.contract.nasty_values import NASTY
from tests.readers.asked import STORED, Asked
from tests.readers.expected import Cell, expected, same

PYTHON = Path(os.environ.get("READERS_PYTHON", ".cache/readers-venv/bin/python")).absolute()
_PROGRAMS = Path(__file__).with_name("programs")
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`kind` names the column of the table of nasty values. `escaped` are the codes of Excel's
    `_x000D_` that it shows as they are, `simplified` is what it makes of any text by itself; the
    others are explained in `expected.same`."""

    name: str
    file: str
    kind: str
    texts: bool = False
    blind: bool = False
    coarse: bool = False
    escaped: str = ""
    simplified: Callable[[str], str] = str

    def found(self, file: Path, out: Path) -> Iterator[list[Cell]]:
        script = _PROGRAMS / f"by_{self.name}.mjs"
        module = f"tests.readers.programs.by_{self.name}"
        command = ["node", script] if script.exists() else [PYTHON, "-m", module]
        what = {"arrows": "arrow"}.get(self.file, self.file)
        done = subprocess.run(
            [*map(str, command), what, str(file), str(out)],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        with out.open(encoding="ascii" if self.name != "node" else "utf-8") as lines:
            for line in lines:
                yield json.loads(line)


READERS = [
    Reader(name="python", file="csv", kind="csv", texts=True, blind=True),
    Reader(name="pandas", file="csv", kind="csv", texts=True, blind=True),
    Reader(name="polars", file="csv", kind="csv", texts=True, blind=True),
    Reader(name="duckdb", file="csv", kind="csv", texts=True),
    Reader(name="python", file="json", kind="json"),
    Reader(name="orjson", file="json", kind="json"),
    Reader(name="node", file="json", kind="json"),
    Reader(name="polars", file="ndjson", kind="json", texts=True),
    Reader(name="duckdb", file="ndjson", kind="json", texts=True),
    Reader(name="openpyxl", file="xlsx", kind="xlsx", escaped="[0-9A-F]{4}"),
    Reader(name="pandas", file="xlsx", kind="xlsx", blind=True, escaped="FFF[EF]"),
    Reader(name="calamine", file="xlsx", kind="xlsx", blind=True, escaped="FFF[EF]"),
    Reader(name="pyarrow", file="parquet", kind="columnar"),
    Reader(name="polars", file="parquet", kind="columnar"),
    Reader(name="duckdb", file="parquet", kind="columnar"),
    Reader(name="pyarrow", file="arrows", kind="columnar"),
    Reader(name="polars", file="arrows", kind="columnar"),
]
every_reader = pytest.mark.parametrize(
    "reader", READERS, ids=lambda reader: f"{reader.file}-{reader.name}"
)


def test_postgresql_holds_the_nasty_values_as_they_are_written_down(
    files: dict[str, Asked],
) -> None:
    words = {"t": "true", "f": "false"}
    asked = files["nasty"]
    places = {type_: place for place, (_, type_) in enumerate(asked.fields)}
    for row, nasty in zip(asked.rows, STORED, strict=True):
        place = places[nasty.type]
        assert row[place] == words.get(nasty.value or "", nasty.value)
    assert len(STORED) == len(NASTY) - 1


@every_reader
@pytest.mark.parametrize("dataset", ["orders", "nasty"])
def test_every_value_is_what_postgresql_said(
    reader: Reader, dataset: str, files: dict[str, Asked], tmp_path: Path
) -> None:
    asked = files[dataset]
    rows = reader.found(asked.files[reader.file], tmp_path / "found")
    headings = next(rows)
    assert len(headings) == len(asked.fields)
    wrong = list(differences(reader, asked, rows))
    assert not wrong, "\n".join(wrong[:40])


def differences(reader: Reader, asked: Asked, found: Iterator[list[Cell]]) -> Iterator[str]:
    """What the reader found otherwise, a line each."""
    for number, (written, row) in enumerate(zip_longest(asked.written(reader.kind), found)):
        if written is None or row is None:
            yield f"row {number}: {'not expected' if written is None else 'missing'}"
            continue
        said, nasty = written
        nasty_name = nasty.type.value if nasty else None
        for (name, type_), value, cell in zip(asked.fields, said, row, strict=True):
            wanted = expected(reader.kind, type_, value, nasty if name == nasty_name else None)
            wanted, read = (
                each and [each[0], reader.simplified(each[1])] for each in (wanted, cell)
            )
            read = _unescaped(read, reader.escaped) if reader.escaped else read
            if not same(wanted, read, texts=reader.texts, blind=reader.blind, coarse=reader.coarse):
                label = nasty.name if nasty else f"row {number}"
                yield f"{label}, {name}: {str(wanted)[:100]} is read as {str(read)[:100]}"


def _unescaped(cell: Cell, codes: str) -> Cell:
    if cell is None or cell[0] != "text":
        return cell
    return ["text", re.sub(f"_x({codes})_", lambda found: chr(int(found[1], 16)), cell[1])]
