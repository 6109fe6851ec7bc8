"""`waybill kafka-acls`: what an administrator of a secured Kafka has to allow."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

_Subscribers = Annotated[
    list[str] | None,
    typer.Argument(help="Principals that may read the public topics.", show_default=False),
]
_Service = Annotated[
    str, typer.Option(help="The service's own; WAYBILL_KAFKA_USERNAME when left out.")
]


def register(app: typer.Typer) -> None:
    app.command(name="kafka-acls", rich_help_panel="Operations")(kafka_acls)


def kafka_acls(subscribers: _Subscribers = None, service: _Service = "") -> None:
    """Print the kafka-acls.sh commands for the service and for subscribers."""
    from cli import output
    from cli.exits import Code, Refused
    from cli.installing import read_settings
    from infra.streams.kafka.permissions import service_permissions, subscriber_permissions

    settings = read_settings()
    own = service or settings.kafka_username
    if not own and not subscribers:
        raise Refused("Whose? Name --service or a subscriber.", Code.USAGE)
    permissions = service_permissions(own, settings.kafka_prefix) if own else []
    for subscriber in subscribers or ():
        permissions += subscriber_permissions(subscriber, settings.kafka_prefix)
    for permission in permissions:
        output.say(shlex.join(["kafka-acls.sh", *permission.arguments()]))
