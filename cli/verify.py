"""`waybill verify`: whether a file is what its waybill says, with nothing but the two files,
or every file of a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import Json

if TYPE_CHECKING:
    from infra.bundle_verification import BundleVerdict
    from infra.verification import Verdict


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Exports")(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="The file, or a bundle of files.")],
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
    from infra.bundle_verification import is_bundle
    from infra.verification import verify as verified

    beside = waybill or file.with_name(f"{file.name}.waybill.json")
    public = _public_key(trusted)
    if waybill is None and not beside.exists() and is_bundle(file):
        check_bundle(file, public, json=json)
        return
    for path in (file, beside):
        _must_open(path)
    verdict = verified(file, beside, public)
    _tell(verdict, json=json)
    if not verdict.ok:
        raise Refused(f"{file} is NOT what {beside} says.")


def check_bundle(path: Path, public: bytes | None, *, json: bool) -> None:
    """Raises `Refused` when not every file in it is what its waybill says."""
    from cli.exits import Refused
    from infra.bundle_verification import verify_bundle

    verdict = verify_bundle(path, public)
    _tell_bundle(verdict, json=json)
    if not verdict.ok:
        raise Refused(f"{path} is NOT what its waybills say.")


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
        output.document(_said(verdict))
        return
    output.table(("", "CHECK", "FOUND"), [(_MARKS[c.ok], c.name, c.detail) for c in verdict.checks])
    if verdict.ok:
        output.say("The file is what its waybill says.")


def _tell_bundle(verdict: BundleVerdict, *, json: bool) -> None:
    from cli import output

    if json:
        files = [{"name": name, **_said(each)} for name, each in verdict.files]
        output.document({"ok": verdict.ok, "files": files})
        return
    rows = [
        (_MARKS[c.ok], name, c.name, c.detail) for name, each in verdict.files for c in each.checks
    ]
    output.table(("", "FILE", "CHECK", "FOUND"), rows)
    if verdict.ok:
        output.say("Every file in it is what its waybill says.")


def _said(verdict: Verdict) -> dict[str, Any]:
    checks = [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in verdict.checks]
    return {"ok": verdict.ok, "checks": checks}


_MARKS = {True: "ok", False: "WRONG", None: "open"}
