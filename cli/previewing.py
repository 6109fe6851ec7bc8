"""What `waybill datasets preview` does with its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from cli import output
from cli.exits import Refused
from cli.fetching import proposed_name


def tell_rows(found: dict[str, Any], *, json: bool) -> None:
    if json:
        output.document(found)
        return
    output.table(
        tuple(field["name"] for field in found["fields"]),
        [tuple("" if cell is None else str(cell) for cell in row) for row in found["rows"]],
    )


def save_preview(answer: httpx.Response, out: Path | None, *, json: bool) -> None:
    """A row that can't be in the file is no failure of the preview: it is what one looks for."""
    name = proposed_name(answer.headers.get("content-disposition", ""))
    target = out / name if out is not None and out.is_dir() else out or Path(name)
    try:
        target.write_bytes(answer.content)
    except OSError as error:
        raise Refused(f"{target} can't be written: {error.strerror}.") from error
    rows, rejected = (int(answer.headers.get(f"waybill-{n}", 0)) for n in ("rows", "rejected"))
    why = answer.headers.get("waybill-rejections", "")
    if json:
        said = {"saved": str(target), "rows": rows, "rejected": rejected, "rejections": why}
        output.document(said)
        return
    output.say(f"Saved  {target} ({rows} rows)")
    if rejected:
        output.say(f"{rejected} rows can't be in it: {why}")
