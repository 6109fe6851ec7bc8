"""The processes of the distributed stack: each runs one role until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import Code, Refused
from cli.installing import first_admin_key, installed, log_for_machines, read_settings
from cli.refusals import refusal, refusals
from cli.stopping import (
    children_deaf_to_ctrl_c,
    code_of,
    end_hard,
    ended_if_interrupted,
    interrupt_on_sigterm,
    until_stopped,
)

if TYPE_CHECKING:
    from infra.settings import Settings

ReadyFile = Annotated[
    Path | None,
    typer.Option(help="Written when it serves: the URL, or `ready`.", show_default=False),
]
Port = Annotated[
    int | None,
    typer.Option(help="WAYBILL_PORT; 0 takes a free one.", min=0, max=65535, show_default=False),
]


def register(app: typer.Typer) -> None:
    panel = "Processes of the distributed stack"
    for command in (migrate, api, worker, relay):
        app.command(rich_help_panel=panel)(command)


def migrate() -> None:
    """Prepare database, file store, keys and topics; print the first admin key, once."""
    settings = read_settings()
    log_for_machines(settings)
    with installed(settings, prepare=True) as installation:
        secret = first_admin_key(installation)
        if secret is not None:
            typer.echo(f"The first admin key (shown this once):\n  {secret}")
        if settings.transport == "kafka":
            from infra.streams.kafka.topics import ensure_topics

            with refusals():
                ensure_topics(settings)
    typer.echo("Database, files, keys and topics are ready.")


def api(port: Port = None, ready_file: ReadyFile = None) -> None:
    """Serve HTTP."""
    interrupt_on_sigterm()
    settings = read_settings(port=port)
    log_for_machines(settings)

    from api.main import app_over, server, subscription
    from cli.serving import HttpServer, bind, bound, stored, tell_ready
    from infra.streams.life import Life
    from infra.tracing import start_tracing
    from processors.pdf_fonts import pdf_fonts
    from processors.previews import ChildPreviews
    from processors.protection import ChildProtection

    with bind(settings.host, settings.port) as listener:
        settings = bound(settings, listener)
        with installed(settings) as installation:
            installation.on_close(start_tracing(settings, "api"))
            with refusals():
                previews = ChildPreviews(fonts=pdf_fonts(settings.pdf_fonts))
            protection = ChildProtection()
            installation.on_close(previews.close)
            installation.on_close(protection.close)
            app = app_over(
                installation,
                subscription(installation),
                stored=stored,
                previews=previews,
                protection=protection,
            )
            http = HttpServer(server(app, settings), listener)
            http.start()
            typer.echo(f"Waybill's API serves at {settings.url}")
            tell_ready(ready_file, settings.url)
            life = Life(installation.store)
            failed = until_stopped(lambda: http.failure or life.failure())
            if not http.stop():
                end_hard(Code.OK, installation.close)
    say_failure(failed)


def worker(ready_file: ReadyFile = None) -> None:
    """Plan, extract, render and assemble exports."""
    interrupt_on_sigterm()
    settings = _distributed("worker")

    from cli.serving import operating, tell_ready
    from infra.tracing import start_tracing
    from processors.main import build

    with operating(settings) as answer, installed(settings) as installation:
        installation.on_close(start_tracing(settings, "worker"))
        with (
            refusals(),
            ended_if_interrupted(installation.close),
            children_deaf_to_ctrl_c(),
        ):
            processing = build(installation)
            processing.start()
        answer(processing.checks(), processing.alive)
        typer.echo(f"Waybill's worker {processing.worker.name} is at work")
        tell_ready(ready_file, "ready")
        failed = until_stopped(lambda: processing.failure)
        if not processing.stop():
            end_hard(code_of(failed), installation.close)
    say_failure(failed)


def relay(ready_file: ReadyFile = None) -> None:
    """Carry the event store's log to Kafka. Any number may run; one of them publishes."""
    interrupt_on_sigterm()
    settings = _distributed("relay")

    from cli.serving import operating, tell_ready
    from infra import readiness
    from infra.streams.watchdog import Watchdog
    from infra.tracing import start_tracing
    from processors.main import GRACE, build_relay

    with operating(settings) as answer, installed(settings) as installation:
        installation.on_close(start_tracing(settings, "relay"))
        running = build_relay(installation)
        watchdog = Watchdog([running], settings.consumer_stalled_seconds)
        checks = {
            **readiness.parts(installation),
            **readiness.kafka(installation),
            "relay": running.check,
        }
        running.start()
        watchdog.start()
        answer(checks, lambda: watchdog.failure is None)
        typer.echo("Waybill's relay is at work")
        tell_ready(ready_file, "ready")
        failed = until_stopped(lambda: watchdog.failure or running.failure)
        watchdog.stop(GRACE)
        if not running.stop(GRACE):
            end_hard(code_of(failed), installation.close)
    say_failure(failed)


def say_failure(error: BaseException | None) -> None:
    """Raises `Refused` for what has ended a process by itself."""
    if error is not None:
        known = refusal(error)
        why = str(known) if known else f"{type(error).__name__}. The log says more."
        raise Refused(f"Waybill has ended by itself: {why}", code_of(error))


def _distributed(role: str) -> Settings:
    settings = read_settings()
    if settings.transport != "kafka":
        raise Refused(
            f"`waybill {role}` is a part of the distributed stack: set WAYBILL_TRANSPORT=kafka. "
            "Embedded, `waybill up` is everything in one process.",
            Code.USAGE,
        )
    log_for_machines(settings)
    return settings
