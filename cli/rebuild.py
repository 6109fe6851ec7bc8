"""`waybill rebuild`: makes read models anew from the log, beside the live ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import Json

if TYPE_CHECKING:
    from infra.installation import Installation
    from infra.projections import Rebuilt

_ALL = "all"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Operations")(rebuild)


def rebuild(
    what: Annotated[str, typer.Argument(help="history, downloads, audit or all.")] = _ALL,
    json: Json = False,
) -> None:
    """Make read models anew from the log, and switch to them; nobody has to stop."""
    from cli import output
    from cli.installing import installed, read_settings
    from cli.refusals import refusals

    names = _names(what)
    with installed(read_settings()) as installation, refusals():
        done = [_rebuild(installation, name, quiet=json) for name in names]
    if json:
        output.lines({"read_model": d.projection, "events": d.events, "rows": d.rows} for d in done)
        return
    for each in done:
        output.say(f"{each.projection}: {each.rows:,} rows from {each.events:,} events")


def _names(what: str) -> list[str]:
    from cli.exits import Code, Refused
    from projections.catalogue import READ_MODELS

    if what not in (_ALL, *READ_MODELS):
        known = ", ".join((*READ_MODELS, _ALL))
        raise Refused(f"There is no read model {what}; known are {known}.", Code.USAGE)
    return list(READ_MODELS) if what == _ALL else [what]


def _rebuild(installation: Installation, name: str, *, quiet: bool) -> Rebuilt:
    from cli.watching import shown_bar
    from infra.projections import rebuild as rebuilt
    from projections.catalogue import READ_MODELS

    with shown_bar(quiet=quiet) as shown:
        report = _reporting(shown.to, name)
        return rebuilt(READ_MODELS[name], installation.store, installation.pool, report)


def _reporting(to: Callable[[float, str, str], None], name: str) -> Callable[[int, int], None]:
    def report(position: int, head: int) -> None:
        to(position / head if head else 1.0, name, f"{position:,} of {head:,} events")

    return report
