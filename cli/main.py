"""The `waybill` command. Each command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import os
import sys

import typer

from cli import (
    datasets,
    demo,
    doctor,
    download,
    export,
    exports,
    kafka_acls,
    login,
    new_epoch,
    rebuild,
    replay,
    reproduce,
    roles,
    sweep,
    unpark,
    up,
    verify,
)
from cli.exits import Code, Refused

app = typer.Typer(
    name="waybill",
    help="Files out of your databases, each with a signed waybill.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    up,
    demo,
    export,
    exports,
    download,
    verify,
    datasets,
    login,
    doctor,
    rebuild,
    replay,
    reproduce,
    new_epoch,
    unpark,
    sweep,
    kafka_acls,
    roles,
):
    module.register(app)


def run() -> None:
    """The entry point: every end is a code, and every refusal a sentence."""
    try:
        app()
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(refusal.code)
    except KeyboardInterrupt:
        sys.exit(Code.INTERRUPTED)
    except Exception as error:
        if os.environ.get("WAYBILL_LOG_LEVEL") == "debug":
            raise
        _tell_fault(error)
        sys.exit(Code.FAILED)


def _tell_fault(error: Exception) -> None:
    from cli.refusals import refusal

    known = refusal(error)
    sys.stderr.write(
        f"{known}\n"
        if known
        else f"A fault of Waybill: {type(error).__name__}. WAYBILL_LOG_LEVEL=debug shows where; "
        "please report it.\n"
    )
