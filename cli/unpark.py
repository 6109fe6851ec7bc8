"""`waybill unpark`: hands events over again that a consumer could not take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.output import Json

if TYPE_CHECKING:
    from domain.streams import Subscription
    from infra.installation import Installation
    from infra.streams.parking import ParkedKey


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Operations")(unpark)


def unpark(
    consumer: Annotated[str | None, typer.Argument(help="Only of this consumer.")] = None,
    aggregate: Annotated[
        UUID | None, typer.Argument(help="Only of this export or download.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything that is parked.")] = False,
    json: Json = False,
) -> None:
    """Hand parked events over again; without arguments, list them."""
    from cli.installing import installed, read_settings
    from cli.refusals import refusals
    from infra.streams.parking import Parking

    with installed(read_settings()) as installation, refusals():
        keys = [
            key
            for key in Parking(installation.pool).parked_keys()
            if consumer in (None, key.subscription) and aggregate in (None, key.aggregate_id)
        ]
        if consumer is None and not every:
            _list(keys, json=json)
        else:
            _release(installation, keys, json=json)


def _list(keys: list[ParkedKey], *, json: bool) -> None:
    from cli import output

    if json:
        output.lines(_key(key) for key in keys)
        return
    output.table(
        ("CONSUMER", "EXPORT OR DOWNLOAD", "EVENTS", "SINCE", "ERROR"),
        [
            (
                key.subscription,
                str(key.aggregate_id),
                str(key.events),
                key.since.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
                f"{key.error.type} in {key.error.place}",
            )
            for key in keys
        ],
        right=("EVENTS",),
    )


def _release(installation: Installation, keys: list[ParkedKey], *, json: bool) -> None:
    from cli import output
    from cli.exits import Refused
    from infra.streams.delivery import unpark as release
    from infra.streams.parking import Parking

    known = {each.name: each for each in _subscriptions(installation)}
    refused = []
    for key in keys:
        try:
            count = release(Parking(installation.pool), known[key.subscription], key.aggregate_id)
        except Exception as error:  # noqa: BLE001 - a handler may raise anything; the next may do
            refused.append(f"{key.subscription} still can't take {key.aggregate_id}: {error!r}")
            continue
        if json:
            output.lines([{**_key(key), "handed_over": count}])
        else:
            output.say(f"{key.subscription} took {count} events of {key.aggregate_id}.")
    if refused:
        raise Refused("\n".join(refused))


def _subscriptions(installation: Installation) -> list[Subscription]:
    from infra.streams.local_ticks import LocalTicks
    from processors.main import build_ports, subscriptions

    return subscriptions(build_ports(installation, _NoJobs(), LocalTicks()), installation)


class _NoJobs:
    """The dispatcher releases jobs, where it runs."""

    def release(self, job: Any) -> None:
        raise NotImplementedError


def _key(key: ParkedKey) -> dict[str, Any]:
    return {
        "consumer": key.subscription,
        "aggregate_id": str(key.aggregate_id),
        "events": key.events,
        "since": key.since.isoformat(),
        "error": key.error.type,
        "place": key.error.place,
    }
