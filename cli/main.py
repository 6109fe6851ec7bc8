"""The `waybill` command. Each command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import sys

import typer

from cli import roles, up
from cli.exits import Code, Refused

app = typer.Typer(
    name="waybill",
    help="Files out of your databases, each with a signed waybill.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (up, roles):
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
