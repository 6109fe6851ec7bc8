"""The bench's tables: on the screen as they come, and kept in a Markdown file, each in a block that
the next run of that bench writes anew while everything around it stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table as Screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`notes` stand below it, a paragraph each."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


class Report:
    """Prints tables, and keeps them in a file if there is one to keep them in."""

    def __init__(self, out: Path | None, console: Console | None = None) -> None:
        self._out = out
        self._console = console or Console(width=120)

    def tell(self, name: str, *tables: Table) -> None:
        """What the bench of this name found."""
        for table in tables:
            self._print(table)
        if self._out is not None:
            text = self._out.read_text(encoding="utf-8") if self._out.exists() else ""
            self._out.write_text(with_block(text, name, markdown(tables)), encoding="utf-8")

    def _print(self, table: Table) -> None:
        screen = Screen(title=table.title, title_justify="left", box=box.SIMPLE)
        for number, heading in enumerate(table.headings):
            screen.add_column(heading, justify="right" if number else "left")
        for row in table.rows:
            screen.add_row(*row)
        self._console.print(screen, *table.notes, sep="\n", markup=False, highlight=False)


def markdown(tables: Iterable[Table]) -> str:
    return "\n\n".join(map(_markdown, tables))


def with_block(text: str, name: str, content: str) -> str:
    """The text with this content in the block of this name, which is put at the end if there is
    none yet."""
    begin, end = f"<!-- bench: {name} -->", f"<!-- end: {name} -->"
    block = f"{begin}\n{content}\n{end}"
    head, found, rest = text.partition(begin)
    if not found:
        return f"{text.rstrip()}\n\n{block}\n".lstrip()
    _, closed, tail = rest.partition(end)
    if not closed:
        raise BlockNotClosed(f"{BlockNotClosed.__doc__} ({name})")
    return head + block + tail


class BlockNotClosed(ValueError):
    """A block of the bench begins in this file and doesn't end. Put its end back, or remove it."""


def _markdown(table: Table) -> str:
    lines = [
        f"**{table.title}**",
        "",
        _line(table.headings),
        _line(["---", *["---:"] * (len(table.headings) - 1)]),
        *map(_line, table.rows),
    ]
    return "\n".join(lines) + "".join(f"\n\n{note}" for note in table.notes)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
