"""Settings and installation for commands that work beside the database, with errors as
sentences."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.exits import Code, Refused

if TYPE_CHECKING:
    from infra.installation import Installation
    from infra.settings import Settings

WORKSPACE = "main"


def read_settings(**given: Any) -> Settings:
    """From the environment; what the command line gives wins, None gives nothing."""
    from pydantic import ValidationError

    from infra.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise Refused(_wrong_settings(error), Code.USAGE) from error


@contextmanager
def installed(settings: Settings, *, prepare: bool = False) -> Iterator[Installation]:
    """Everything that the settings name, opened. Raises `Refused`."""
    from infra.installation import open_installation

    try:
        installation = open_installation(settings, prepare=prepare)
    except Exception as error:
        raise refusal(error) from error
    with installation:
        yield installation


def refusal(error: Exception) -> Refused:
    """What couldn't be opened, in a sentence."""
    return Refused(f"{type(error).__name__}: {error}".strip())


def log_for_machines(settings: Settings) -> None:
    from infra.logs import log_to_stream

    log_to_stream(settings.log_level, settings.log_format, sys.stderr)


def log_for_people(settings: Settings) -> Path | None:
    """At a terminal the log goes to a file, which is returned."""
    from infra.logs import log_to_file

    if not sys.stderr.isatty():
        log_for_machines(settings)
        return None
    path = settings.data_dir / "logs" / "waybill.log"
    log_to_file(path, settings.log_level, settings.log_format)
    return path


def _wrong_settings(error: Any) -> str:
    lines = []
    for fault in error.errors():
        name = ".".join(str(part) for part in fault["loc"])
        variable = f"WAYBILL_{name.upper()}: " if name else ""
        lines.append(variable + str(fault["msg"]).removeprefix("Value error, "))
    return "\n".join(lines)
