"""The bench's tables as Markdown, each in a block of its own that the next run replaces."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.bench.tables import BlockNotClosed, Report, Table, markdown, with_block

TABLE = Table(
    title="Exports",
    headings=("format", "s"),
    rows=[("csv", "1.50"), ("a|b", "2")],
    notes=["It was night."],
)


def test_a_table_is_github_markdown_with_its_notes_below() -> None:
    assert markdown([TABLE]).splitlines() == [
        "**Exports**",
        "",
        "| format | s |",
        "| --- | ---: |",
        "| csv | 1.50 |",
        "| a\\|b | 2 |",
        "",
        "It was night.",
    ]


def test_a_block_is_replaced_and_the_words_around_it_stay() -> None:
    text = with_block(with_block("# Speed\n", "one", "old"), "two", "other")
    text = text.replace("<!-- bench: two -->", "Some words.\n\n<!-- bench: two -->")
    assert with_block(text, "one", "new") == text.replace("old", "new")


def test_the_first_block_of_a_file_begins_it() -> None:
    assert with_block("", "one", "x") == "<!-- bench: one -->\nx\n<!-- end: one -->\n"


def test_a_block_without_an_end_is_an_error_and_not_the_rest_of_the_file() -> None:
    with pytest.raises(BlockNotClosed, match=r"\(one\)"):
        with_block("<!-- bench: one -->\nwords that are somebody's", "one", "x")


def test_a_report_prints_its_tables_and_keeps_them(tmp_path: Path) -> None:
    screen, kept = io.StringIO(), tmp_path / "speed.md"
    kept.write_text("# Speed\n")
    report = Report(kept, Console(file=screen, width=80))
    report.tell("one", TABLE)
    report.tell("one", TABLE)
    assert kept.read_text() == with_block("# Speed\n", "one", markdown([TABLE]))
    assert "It was night." in screen.getvalue()


def test_without_a_place_a_report_only_prints() -> None:
    screen = io.StringIO()
    Report(None, Console(file=screen, width=80)).tell("one", TABLE)
    assert "csv" in screen.getvalue()
