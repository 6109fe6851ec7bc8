"""`waybill reproduce`: renders an export's files again from the rows that were staged, and compares
with what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.output import Json

if TYPE_CHECKING:
    from domain.exports.state import Export
    from infra.installation import Installation
    from processors.reproduce import Compared


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Audit")(reproduce)


def reproduce(
    export_id: Annotated[UUID, typer.Argument(metavar="EXPORT", help="The export's whole id.")],
    file: Annotated[str | None, typer.Option(help="Only this file, such as csv.gz.")] = None,
    json: Json = False,
) -> None:
    """Render an export's files again and compare every digest."""
    from cli import output
    from cli.exits import Refused
    from cli.installing import installed, read_settings

    with installed(read_settings()) as installation:
        export = _find(installation, export_id)
        found = {
            name: _again(installation, export_id, export, name) for name in _names(export, file)
        }
    if json:
        output.document({name: [_told(each) for each in all_] for name, all_ in found.items()})
    else:
        rows = [row for name, all_ in found.items() for row in _rows(name, all_)]
        output.table(("", "FILE", "WHAT", "FOUND"), rows)
    wrong = sum(not each.same for all_ in found.values() for each in all_)
    if wrong:
        raise Refused(f"{wrong} of the things compared differ from what was recorded.")


def _find(installation: Installation, export_id: UUID) -> Export:
    from cli.exits import Code, Refused
    from cli.refusals import refusals

    with refusals():
        known = installation.exports.load(export_id).state
    if known is None:
        raise Refused(f"There is no export {export_id}.", Code.NOT_FOUND)
    if known.expired_at is not None:
        raise Refused(
            f"The export expired at {known.expired_at:%Y-%m-%d %H:%M:%S} UTC: its files and the "
            "rows they were made of are destroyed. Its waybills and events remain.",
            Code.NOT_FOUND,
        )
    if not known.ready:
        raise Refused(
            f"The export is {known.status.value}: there is no complete file to compare with.",
            Code.CONFLICT,
        )
    return known


def _names(export: Export, wanted: str | None) -> list[str]:
    from cli.exits import Code, Refused

    names = [file.name for file in export.request.files]
    if wanted not in (None, *names):
        known = ", ".join(names)
        raise Refused(f"The export has no file {wanted}; it has {known}.", Code.NOT_FOUND)
    return names if wanted is None else [wanted]


def _again(
    installation: Installation, export_id: UUID, export: Export, name: str
) -> list[Compared]:
    from cli.exits import Code, Refused
    from cli.refusals import refusals, sentence
    from processors.pdf_fonts import pdf_fonts
    from processors.renderers import CodecMismatch
    from processors.reproduce import StagedRowsGone, Stored, reproduce

    try:
        with refusals():
            stored = Stored(
                files=installation.files,
                sealed=installation.sealed,
                keys=installation.keys,
                fonts=pdf_fonts(installation.settings.pdf_fonts),
            )
            return list(reproduce(export_id, export, name, stored))
    except Refused as refused:
        cause = refused.__cause__
        if isinstance(cause, StagedRowsGone):
            raise Refused(f"{name}: {sentence(cause)}", Code.NOT_FOUND) from cause
        if isinstance(cause, CodecMismatch):
            raise Refused(f"{name}: {sentence(cause)}", Code.CONFLICT) from cause
        raise


def _told(compared: Compared) -> dict[str, Any]:
    return {
        "what": compared.what,
        "same": compared.same,
        "recorded": compared.recorded,
        "found": compared.found,
    }


def _rows(name: str, compared: list[Compared]) -> list[tuple[str, str, str, str]]:
    """Chunks that are the same are told as one."""
    same = [each for each in compared if each.same and each.what.startswith("chunk ")]
    rest = [each for each in compared if each not in same]
    said = [("ok", name, "chunks", f"{len(same):,} the same")] if same else []
    marks = {True: "ok", False: "DIFFERS"}
    return [*said, *((marks[each.same], name, each.what, _seen(each)) for each in rest)]


def _seen(compared: Compared) -> str:
    if compared.same:
        return compared.found
    return f"{compared.found}, recorded was {compared.recorded}"
