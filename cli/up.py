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
        exported = _first_export(serving) if demo else []
        _tell(serving.settings, [*exported, ("Log", str(log or ""))])
        tell_ready(ready_file, serving.settings.url)
        failed = until_stopped(lambda: serving.together.failure)
    say_failure(failed)


def tell_first_key(installation: Installation) -> None:
    """Prints the first admin key when it is made: at the first start, and never again."""
    from cli.installing import first_admin_key
    from cli.output import say

    secret = first_admin_key(installation)
    if secret is not None:
        say(f"The first admin key, shown this once:\n  {secret}")


def key_place(settings: Settings) -> str:
    """Where the first admin key can be found later."""
    from cli.profile import FIRST_KEY

    path = settings.data_dir / FIRST_KEY
    return str(path) if path.exists() else "as shown at the first start; else `waybill login --new`"


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


def _first_export(serving: Running) -> list[tuple[str, str]]:
    from cli.demo import demo_facts, first_export

    return demo_facts(first_export(serving))


def _tell(settings: Settings, more: list[tuple[str, str]]) -> None:
    from cli.output import facts, say

    say(f"Waybill serves at {settings.url}. Ctrl-C stops it.")
    facts(
        [
            ("Docs", f"{settings.url}/docs"),
            ("Key", key_place(settings)),
            ("Datasets", str(settings.datasets_path)),
            *more,
        ]
    )
