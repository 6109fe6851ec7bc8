"""`waybill replay`: an export's whole story, what a read model held at some time, and whether the
live ones hold what the log says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.connecting import Key, Url, connect
from cli.output import Json


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Audit")(replay)


def replay(
    export_id: Annotated[
        str | None, typer.Argument(metavar="[EXPORT]", help="Tell this export's story.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="What a read model held then; UTC without a zone."),
    ] = None,
    position: Annotated[
        int | None, typer.Option(min=0, help="The same after this position of the log.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Whether the live read models are what the log says.")
    ] = False,
    model: Annotated[str, typer.Option(help="history, downloads or audit.")] = "audit",
    about: Annotated[
        UUID | None, typer.Option("--id", help="Only rows of this export, or of this id.")
    ] = None,
    workspace: Annotated[str | None, typer.Option(help="Only rows of this workspace.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the rows here, as JSON Lines.")] = None,
    url: Url = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Tell an export's story; or what a read model held at a time; or check them all."""
    from cli.exits import Code, Refused

    asked = [export_id is not None, as_of is not None, position is not None, check]
    if sum(asked) != 1:
        raise Refused(
            "Name an export, or one of --as-of, --position and --check; an export's rows as of a "
            "time are found by --id.",
            Code.USAGE,
        )
    if export_id is not None:
        from cli.timeline import tell_story

        tell_story(connect(url, key), export_id, json=json)
    elif check:
        from cli.replaying import check_all

        check_all(json=json)
    else:
        from cli.replaying import Cut, show_rows

        cut = Cut(at=None if as_of is None else _moment(as_of), position=position)
        show_rows(model, cut, workspace, about, out, json=json)


def _moment(text: str) -> datetime:
    from cli.exits import Code, Refused

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"--as-of {text}: write 2026-03-01T12:00:00Z.", Code.USAGE) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
