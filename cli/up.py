"""`waybill up`: everything in one process, embedded unless the settings name real services."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.exits import Code, Refused
from cli.installing import WORKSPACE, installed, log_for_people, read_settings
from cli.roles import Port, ReadyFile
from cli.stopping import (
    children_deaf_to_ctrl_c,
    end_hard,
    interrupt_on_sigterm,
    until_stopped,
)


def register(app: typer.Typer) -> None:
    app.command()(up)


def up(
    port: Port = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="WAYBILL_DATA_DIR.", show_default=False)
    ] = None,
    ready_file: ReadyFile = None,
) -> None:
    """Start everything and serve until Ctrl-C."""
    interrupt_on_sigterm()
    settings = read_settings(port=port, data_dir=data_dir)

    from cli.instance import DataDirectory
    from cli.serving import bind, bound, tell_ready
    from cli.together import Together

    directory = DataDirectory(settings.data_dir)
    directory.claim()
    log_for_people(settings)
    with bind(settings) as listener:
        settings = bound(settings, listener)
        with installed(settings, prepare=True) as installation:
            from infra.access import ApiKeys

            secret = ApiKeys(installation.pool).bootstrap(WORKSPACE)
            if secret is not None:
                typer.echo(f"The first admin key, shown this once: {secret}")
            with children_deaf_to_ctrl_c():
                together = Together(installation, settings, listener)
            together.start()
            directory.serves(settings.url)
            typer.echo(f"Waybill serves at {settings.url}")
            typer.echo(f"API docs: {settings.url}/docs")
            tell_ready(ready_file, settings.url)
            failed = until_stopped(lambda: together.failure)
            if not together.stop():
                end_hard(Code.OK, installation.close)
    directory.release()
    if failed is not None:
        raise Refused(f"It has ended by itself: {type(failed).__name__}. The log says more.")
