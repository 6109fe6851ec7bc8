"""`waybill new-epoch`: what a restored event store needs before anything uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import Json

if TYPE_CHECKING:
    from infra.settings import Settings


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Operations")(new_epoch)


def new_epoch(
    force: Annotated[
        bool, typer.Option("--force", help="Though somebody is connected to the database.")
    ] = False,
    json: Json = False,
) -> None:
    """After the event store was restored from a backup: begin another life of it."""
    from cli import output
    from cli.installing import read_settings, running_database
    from cli.refusals import refusals
    from infra.streams.new_epoch import begin_epoch

    settings = read_settings()
    with running_database(settings) as url, refusals():
        begun = begin_epoch(url, force=force)
    if json:
        output.document(
            {"epoch": str(begun.epoch), "consumers": begun.consumers, "parked": begun.parked}
        )
        return
    output.say(f"The store lives under epoch {begun.epoch}.")
    output.say(
        f"{begun.consumers} consumers start over; {begun.parked} parked events were dropped."
    )
    output.say("\nTo go on:")
    for number, step in enumerate(_steps(settings), start=1):
        output.say(f"{number}. {step}")


def _steps(settings: Settings) -> list[str]:
    kafka = (
        "Set a new WAYBILL_KAFKA_PREFIX for every process and run `waybill migrate`, which makes "
        "the topics. Tell subscribers: the former topics hold events that never happened."
    )
    return [
        *([kafka] if settings.transport == "kafka" else []),
        "Make the read models anew: waybill rebuild",
        "Start Waybill. Everything is delivered once more; what was done already changes nothing.",
        "Look whether all is well: waybill doctor",
    ]
