"""Settings and installation for commands that work beside the database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from cli.exits import Code, Refused
from cli.refusals import refusals

if TYPE_CHECKING:
    from pathlib import Path

    from infra.installation import Installation
    from infra.settings import Settings

WORKSPACE = "default"


def read_settings(**given: Any) -> Settings:
    """From the environment; what the command line gives wins, None gives nothing."""
    from pydantic import ValidationError

    from infra.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise Refused("\n".join(_faults(error)), Code.USAGE) from error


@contextmanager
def installed(settings: Settings, *, prepare: bool = False) -> Iterator[Installation]:
    """Everything that the settings name, opened. Raises `Refused`."""
    from infra.installation import open_installation

    with _used_alone(settings), ExitStack() as opened:
        with refusals():
            installation = opened.enter_context(open_installation(settings, prepare=prepare))
        yield installation


@contextmanager
def running_database(settings: Settings) -> Iterator[str]:
    """The URL of the service's own database. Raises `Refused`."""
    from infra.installation import database_url

    with _used_alone(settings), ExitStack() as closing:
        with refusals():
            url = database_url(settings, closing)
        yield url


def first_admin_key(installation: Installation) -> str | None:
    """The first key's secret, made now; None when there is one already. Embedded, it is kept
    beside the other keys, so that commands in this folder find it."""
    from cli.profile import save_first_key

    settings = installation.settings
    made = installation.recorded_keys.create_first(WORKSPACE)
    if made is None:
        return None
    if settings.database_url is None:
        save_first_key(settings.data_dir, made.secret)
    return made.secret


def log_for_machines(settings: Settings) -> None:
    from infra.logs import log_to_stream

    log_to_stream(settings.log_level, settings.log_format, sys.stderr)


def log_for_people(settings: Settings) -> Path:
    """The log goes to a file, which is returned; what is wrong is told here too."""
    from infra.logs import log_to_file

    path = settings.data_dir / "logs" / "waybill.log"
    with refusals():
        log_to_file(path, settings.log_level, settings.log_format)
    return path


@contextmanager
def _used_alone(settings: Settings) -> Iterator[None]:
    """Whoever starts an embedded database stops it: nobody may begin to serve in between. Where
    somebody serves already, the database is theirs and is shared."""
    from cli.instance import DataDirectory

    if settings.database_url is not None:
        yield
        return
    directory = DataDirectory(settings.data_dir)
    mine = directory.try_claim()
    try:
        yield
    finally:
        if mine:
            directory.release()


def _faults(error: Any) -> Iterator[str]:
    for fault in error.errors():
        name = ".".join(str(part) for part in fault["loc"])
        variable = f"WAYBILL_{name.upper()}: " if name else ""
        yield variable + str(fault["msg"]).removeprefix("Value error, ")
