"""Files of two exports of the same rows, made comparable."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile

from tests.workbooks import parts

_CORE = "docProps/core.xml"
_DATED = re.compile(rb"/CreationDate\(D:\d+|/ID\[<\w+><\w+>\]")


def undated(name: str, content: bytes) -> bytes:
    """A file's bytes, but for where a PDF without a cover, or a workbook without one, says
    of which export it is, and of when. `name` is that of the file, such as `pdf` or `csv.gz`."""
    match name:
        case "pdf":
            return _DATED.sub(b"", content)
        case "xlsx":
            kept = {place: part for place, part in parts(content).items() if place != _CORE}
            return b"".join(place.encode() + b"\n" + part for place, part in kept.items())
        case "xlsx.zip":
            with ZipFile(BytesIO(content)) as split:
                inside = {entry: split.read(entry) for entry in split.namelist()}
            del inside["index.json"]  # of the workbooks' digests
            return b"".join(
                undated(entry.rpartition(".")[2], file) for entry, file in inside.items()
            )
        case _:
            return content
