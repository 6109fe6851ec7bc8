"""`waybill download`: an export's files, with their waybills."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.connecting import Key, Url, connect
from cli.exports import ExportId, find
from cli.output import Json

if TYPE_CHECKING:
    from cli.client import Api


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Exports")(download)


def download(
    export_id: ExportId,
    file: Annotated[
        str | None, typer.Argument(help="Which file, such as `csv`; all when left out.")
    ] = None,
    bundle: Annotated[
        bool, typer.Option("--bundle", help="All files and waybills in one zip, then checked.")
    ] = False,
    protected: Annotated[
        bool,
        typer.Option(
            "--protected",
            help="A copy of a PDF that opens with a password only, which is asked for.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file's path, or a folder.")
    ] = None,
    url: Url = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Fetch an export's files; a part that is there already is gone on with."""
    from cli.exits import Code, Refused
    from cli.watching import fetch_files

    if bundle and protected:
        raise Refused("A bundle has no password: leave out --bundle or --protected.", Code.USAGE)
    api = connect(url, key)
    if bundle:
        _bundle(api, export_id, file, out, json=json)
    elif protected:
        _tell([_protected(api, export_id, file, out)], json=json)
    else:
        _tell(fetch_files(api, find(api, export_id), out, name=file, quiet=json), json=json)


def _protected(api: Api, export_id: str, file: str | None, out: Path | None) -> Path:
    from cli.protecting import fetch_protected

    return fetch_protected(api, find(api, export_id), file, out)


def _tell(saved: list[Path], *, json: bool) -> None:
    from cli import output

    if json:
        output.document({"saved": [str(path) for path in saved]})
        return
    for path in saved:
        output.say(f"Saved  {path}")


def _bundle(api: Api, export_id: str, file: str | None, out: Path | None, *, json: bool) -> None:
    """Nobody knows a bundle's digest beforehand, but each of its files has one that is signed."""
    from cli import output
    from cli.exits import Code, Refused
    from cli.verify import check_bundle
    from cli.watching import fetch_bundle

    if file is not None:
        raise Refused("A bundle has all files: leave out either the file or --bundle.", Code.USAGE)
    saved = fetch_bundle(api, find(api, export_id), out, quiet=json)
    if not json:
        output.say(f"Saved  {saved}")
    check_bundle(saved, None, json=json)
