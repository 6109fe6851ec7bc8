"""What commands print: tables and sentences for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import orjson
import typer

if TYPE_CHECKING:
    from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

_PIPE_WIDTH = 200  # nobody's terminal: lines needn't be broken


def say(text: str) -> None:
    """A line for people, on standard output."""
    typer.echo(text)


def note(text: str) -> None:
    """A line beside the result, on standard error."""
    typer.echo(text, err=True)


def document(value: Any) -> None:
    """One JSON document."""
    _write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def lines(values: Iterable[Any]) -> None:
    """NDJSON: a document a line."""
    for value in values:
        _write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> None:
    """`right` names the columns of numbers."""
    from rich.table import Table

    found = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        found.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        found.add_row(*(_plain(cell) for cell in row))
    console().print(found)


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Names and what they stand for, one a line."""
    known = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        say(f"{name:<{width}}  {value}")


def console() -> Console:
    """On standard output."""
    return _console(sys.stdout)


def side_console() -> Console:
    """On standard error."""
    return _console(sys.stderr)


@cache
def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(
        file=stream,
        width=None if stream.isatty() else _PIPE_WIDTH,
        highlight=False,
        soft_wrap=False,
    )


def _plain(cell: str) -> Any:
    """Data is no markup."""
    from rich.text import Text

    return Text(cell)


def _write(data: bytes) -> None:
    sys.stdout.write(data.decode())
    sys.stdout.flush()
