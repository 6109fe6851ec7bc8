"""`waybill sweep`: what lies in the file store and counts for nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import Json

if TYPE_CHECKING:
    from infra.installation import Installation
    from processors.leftovers import Leftovers


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Operations")(sweep)


def sweep(
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove it; nobody can bring it back.")
    ] = False,
    json: Json = False,
) -> None:
    """Look through the whole file store for what counts for nothing, and list it."""
    from cli import output
    from cli.installing import installed, read_settings
    from cli.refusals import refusals

    with installed(read_settings()) as installation, refusals():
        found = _found(installation, remove=remove)
        if json:
            output.lines(_told(each, removed=remove) for each in found)
            return
        _show(list(found), removed=remove)


def _found(installation: Installation, *, remove: bool) -> Iterator[Leftovers]:
    from processors.leftovers import leftovers

    for each in leftovers(installation.files, installation.exports):
        if remove:
            installation.files.delete([object_.key for object_ in each.objects])
        yield each


def _told(found: Leftovers, *, removed: bool) -> dict[str, object]:
    return {
        "export": str(found.export_id),
        "why": found.why.value,
        "objects": len(found.objects),
        "bytes": found.size,
        "removed": removed,
    }


def _show(found: list[Leftovers], *, removed: bool) -> None:
    from cli import output, wording

    if not found:
        output.say("Nothing lies in the file store that counts for nothing.")
        return
    by_why: dict[str, list[Leftovers]] = defaultdict(list)
    for each in found:
        by_why[each.why.value].append(each)
    rows = [
        (
            why,
            wording.count(len(group)),
            wording.count(sum(len(each.objects) for each in group)),
            wording.size(sum(each.size for each in group)),
        )
        for why, group in sorted(by_why.items())
    ]
    output.table(("WHY", "EXPORTS", "OBJECTS", "SIZE"), rows, right=("EXPORTS", "OBJECTS", "SIZE"))
    output.say("Removed." if removed else "Nothing was removed: --remove does that.")
