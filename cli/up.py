"""`waybill up`: everything in one process, embedded unless the settings name real services."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.roles import Port, ReadyFile

if TYPE_CHECKING:
    from cli.together import Running
    from infra.installation import Installation
    from infra.settings import Settings

DataDir = Annotated[
    Path | None, typer.Option(help="WAYBILL_DATA_DIR, else `var`.", show_default=False)
]


def register(app: typer.Typer) -> None:
    app.command()(up)


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="With the demo's data, and a first export of them.")
    ] = False,
    port: Port = None,
    data_dir: DataDir = None,
    ready_file: ReadyFile = None,
) -> None:
    """Start everything and serve until Ctrl-C."""
    from cli.installing import read_settings
    from cli.roles import say_failure
    from cli.serving import tell_ready
    from cli.stopping import interrupt_on_sigterm, until_stopped
    from cli.together import running

    interrupt_on_sigterm()
    settings = read_settings(port=port, data_dir=data_dir)
    log = _log(settings)
    if demo:
        _begin_demo(settings)
    with running(settings, _load_demo if demo else tell_first_key) as serving:
        if demo:
            _first_export(serving)
        _tell(serving.settings, log)
        tell_ready(ready_file, serving.settings.url)
        failed = until_stopped(lambda: serving.together.failure)
    say_failure(failed)


def tell_first_key(installation: Installation) -> None:
    """Prints the first admin key when it is made: at the first start, and never again."""
    from cli.installing import first_admin_key
    from cli.output import say
    from cli.profile import FIRST_KEY

    secret = first_admin_key(installation)
    if secret is None:
        return
    settings = installation.settings
    kept = f", and kept in {settings.data_dir / FIRST_KEY}" if settings.database_url is None else ""
    say(f"The first admin key (shown this once{kept}):\n  {secret}")


def _log(settings: Settings) -> Path | None:
    """At a terminal the log goes to a file, which is returned."""
    import sys

    from cli.installing import log_for_machines, log_for_people

    if sys.stderr.isatty():
        return log_for_people(settings)
    log_for_machines(settings)
    return None


def _begin_demo(settings: Settings) -> None:
    from infra.demo import write_datasets

    write_datasets(settings)


def _load_demo(installation: Installation) -> None:
    from cli.demo import load

    tell_first_key(installation)
    load(installation, None)


def _first_export(serving: Running) -> None:
    from cli.demo import first_export, tell

    tell(first_export(serving))


def _tell(settings: Settings, log: Path | None) -> None:
    from cli.output import facts, say

    say(f"Waybill serves at {settings.url}")
    facts(
        [
            ("  API and docs", f"{settings.url}/docs"),
            ("  Datasets", str(settings.datasets_path)),
            ("  Log", str(log) if log else ""),
        ]
    )
    say("Ctrl-C stops it.")
