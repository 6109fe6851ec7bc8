"""`waybill verify`: whether a file is what its waybill says, with nothing but the two files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import Json

if TYPE_CHECKING:
    from infra.verification import Verdict


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Exports")(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="The file.")],
    waybill: Annotated[
        Path | None, typer.Argument(help="Its waybill; FILE.waybill.json when left out.")
    ] = None,
    trusted: Annotated[
        str | None,
        typer.Option("--key", help="The public key that must have signed it, or its file."),
    ] = None,
    json: Json = False,
) -> None:
    """Check a file against its waybill: no server, no network."""
    from cli.exits import Refused
    from infra.verification import verify as verified

    beside = waybill or file.with_name(f"{file.name}.waybill.json")
    public = _public_key(trusted)
    for path in (file, beside):
        _must_open(path)
    verdict = verified(file, beside, public)
    _tell(verdict, json=json)
    if not verdict.ok:
        raise Refused(f"{file} is NOT what {beside} says.")


def _must_open(path: Path) -> None:
    """A path that leads nowhere is not a forged file."""
    from cli.exits import Code, Refused

    try:
        with path.open("rb"):
            return
    except OSError as error:
        raise Refused(f"{path} can't be read: {error.strerror}.", Code.NOT_FOUND) from error


def _public_key(text: str | None) -> bytes | None:
    from cli.exits import Code, Refused
    from infra.signing import PublicKeyUnreadable, read_public_key

    if text is None:
        return None
    try:
        return read_public_key(text)
    except PublicKeyUnreadable as error:
        raise Refused(" ".join((PublicKeyUnreadable.__doc__ or "").split()), Code.USAGE) from error


def _tell(verdict: Verdict, *, json: bool) -> None:
    from cli import output

    if json:
        checks = [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in verdict.checks]
        output.document({"ok": verdict.ok, "checks": checks})
        return
    marks = {True: "ok", False: "WRONG", None: "open"}
    output.table(("", "CHECK", "FOUND"), [(marks[c.ok], c.name, c.detail) for c in verdict.checks])
    if verdict.ok:
        output.say("The file is what its waybill says.")
