"""`waybill download`: an export's files, with their waybills."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.connecting import Key, Url, connect
from cli.exports import ExportId, find
from cli.output import Json


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Exports")(download)


def download(
    export_id: ExportId,
    file: Annotated[
        str | None, typer.Argument(help="Which file, such as `csv`; all when left out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file's path, or a folder.")
    ] = None,
    url: Url = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Fetch an export's files; a part that is there already is gone on with."""
    from cli import output
    from cli.watching import fetch_files

    api = connect(url, key)
    saved = fetch_files(api, find(api, export_id), out, name=file, quiet=json)
    if json:
        output.document({"saved": [str(path) for path in saved]})
        return
    for path in saved:
        output.say(f"Saved  {path}")
