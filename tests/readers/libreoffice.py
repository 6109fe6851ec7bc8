"""What LibreOffice shows of a document."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from tests.readers.expected import Cell
from tests.readers.prepare import run

_SHOWN = "44,34,76,1,,0,false,true,false,false,false,{sheet}"
"""LibreOffice's filter options: commas, double quotes, UTF-8, cells as shown, the sheet."""
_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def by_libreoffice(
    file: Path, folder: Path, *, reading: str | None = None, sheet: int = 1, anew: bool = False
) -> Iterator[list[Cell]]:
    """The cells of a sheet as the program shows them; `anew` has it calculate every formula, as it
    believes the values in a file otherwise. It has a profile of its own, as one that runs would
    answer."""
    profile = folder / "profile"
    if anew:
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_ALWAYS, encoding="utf-8")
    run(
        "soffice",
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        *([f"--infilter={reading}"] if reading else []),
        "--convert-to",
        f"csv:Text - txt - csv (StarCalc):{_SHOWN.format(sheet=sheet)}",
        "--outdir",
        folder / "shown",
        file,
    )
    (made,) = (folder / "shown").iterdir()
    csv.field_size_limit(10**9)
    with made.open(newline="", encoding="utf-8") as lines:
        for row in csv.reader(lines):
            yield [["text", cell] for cell in row]
