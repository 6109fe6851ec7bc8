"""`waybill doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from cli.output import Json

if TYPE_CHECKING:
    from cli.finding import Finding


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Operations")(doctor)


def doctor(json: Json = False) -> None:
    """Look at settings, database, keys, files, consumers, workers; say what to do."""
    from cli import output
    from cli.exits import Refused

    found = list(_look())
    if json:
        output.document(
            [{"name": f.name, "ok": f.ok, "detail": f.detail, "advice": _advice(f)} for f in found]
        )
    else:
        _tell(found)
    wrong = sum(each.ok is False for each in found)
    if wrong:
        raise Refused(f"{wrong} of {len(found)} findings are wrong.")


def _look() -> Iterator[Finding]:
    from cli.exits import Refused
    from cli.finding import Finding
    from cli.findings import findings
    from cli.installing import read_settings, running_database

    try:
        settings = read_settings()
    except Refused as refused:
        yield Finding(
            name="settings", ok=False, detail=str(refused), advice="See docs/configuration.md."
        )
        return
    yield Finding(name="settings", ok=True, detail=f"transport {settings.transport}")
    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        yield Finding(
            name="database",
            ok=False,
            detail=f"there is none in {settings.data_dir} yet",
            advice="Run `waybill up` once, or name another directory by WAYBILL_DATA_DIR.",
        )
        return
    try:
        with running_database(settings) as url:
            yield from findings(settings, url)
    except Refused as refused:
        yield Finding(name="database", ok=False, detail=str(refused))
    if settings.transport == "kafka":
        from cli.kafka_findings import kafka_findings

        yield from kafka_findings(settings)


def _tell(found: list[Finding]) -> None:
    from cli import output

    marks = {True: "ok", False: "WRONG", None: "-"}
    output.table(("", "WHAT", "FOUND"), [(marks[f.ok], f.name, f.detail) for f in found])
    for each in found:
        if advice := _advice(each):
            output.say(f"\n{each.name}: {advice}")


def _advice(finding: Finding) -> str:
    return "" if finding.ok else finding.advice
