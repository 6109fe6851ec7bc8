"""What people read: numbers, bars, tables, ends."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import output, wording
from cli.bars import PlainBar, bar
from cli.describing import export_facts
from cli.ending import check_ended, tell_ended
from cli.exits import Code, Refused


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (34_217_436, "34.2 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes_are_decimal(number: int, text: str) -> None:
    assert wording.size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_a_share_is_all_only_when_it_is_all() -> None:
    assert [wording.share(each) for each in (0, 0.999, 1)] == ["0 %", "99 %", "100 %"]


def test_where_output_is_read_later_a_bar_is_some_lines() -> None:
    text = io.StringIO()
    with bar(Console(file=text, width=120)) as shown:
        assert isinstance(shown, PlainBar)
        for done in range(101):
            shown.to(done / 100, "rendering", f"{done} rows")
        shown.to(0.2, "rendering", "never back")
    lines = text.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[0] == f"rendering  [{'-' * 30}]   0 %  0 rows"
    assert lines[-1] == f"rendering  [{'#' * 30}] 100 %  100 rows"


def test_at_a_terminal_a_bar_is_drawn_in_place() -> None:
    text = io.StringIO()
    with bar(Console(file=text, force_terminal=True, width=120)) as shown:
        shown.to(0.5, "rendering", "5 of 10 rows")
    assert "50 %" in text.getvalue()
    assert "5 of 10 rows" in text.getvalue()


def test_where_there_is_nothing_to_do_no_bar_is_drawn() -> None:
    text = io.StringIO()
    with bar(Console(file=text, force_terminal=True, width=120)):
        pass
    assert "%" not in text.getvalue()


def export(**more: Any) -> dict[str, Any]:
    known = {
        "id": "1",
        "status": "completed",
        "row_cap": None,
        "rows_matched": 1000,
        "failure": None,
        "files": [{"name": "csv", "rows": 990, "rejected": 10, "size": 2000, "sha256": "ab"}],
    }
    return {**known, **more}


def test_a_whole_export_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    check_ended(export())
    tell_ended(export(), [Path("out.csv")])
    assert capsys.readouterr().out.splitlines() == [
        "csv: 990 rows, 10 rejected, 2.0 kB, SHA-256 ab",
        "Saved  out.csv",
    ]


def test_missing_rows_behind_a_cap_have_an_exit_code_of_their_own() -> None:
    with pytest.raises(Refused, match="cap is 100, and 1,000 rows") as refused:
        check_ended(export(status="completed-truncated", row_cap=100))
    assert refused.value.code is Code.TRUNCATED


def test_a_failure_is_told_with_its_reason_and_remedy() -> None:
    failure = {"reason": "storage-full", "remedy": "Free some space.", "detail": "disk full"}
    with pytest.raises(Refused) as refused:
        check_ended(export(status="failed", failure=failure))
    assert str(refused.value) == "The export failed: storage-full.\n  disk full\nFree some space."
    assert refused.value.code is Code.FAILED


def test_a_cancelled_export_has_not_ended_well() -> None:
    with pytest.raises(Refused, match="cancelled"):
        check_ended(export(status="cancelled"))


def test_data_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("ID",), [("[red]x[/red]",)])
    assert "[red]x[/red]" in capsys.readouterr().out


def test_facts_stand_in_line_and_empty_ones_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.facts([("A", "1"), ("Longer", "2"), ("None", "")])
    assert capsys.readouterr().out == "A       1\nLonger  2\n"


def test_an_export_is_shown_with_what_it_has() -> None:
    progress = {"fraction": 0.5, "rows": 5, "rows_total": None, "estimated_rows": 10}
    shown = {
        **export(status="rendering"),
        "dataset": "flights",
        "dataset_label": "Flights",
        "fields": [{"name": f"f{n}"} for n in range(20)],
        "filter_sentence": None,
        "sheets": [
            {
                "dataset": "airlines",
                "dataset_label": "Airlines",
                "fields": [{"name": "id"}, {"name": "name", "mask": {"method": "token"}}],
                "filter_sentence": "Name begins with A",
            }
        ],
        "purpose": None,
        "progress": progress,
        "requested_at": "2026-01-01T00:00:00+00:00",
        "ended_at": None,
        "expires_at": None,
        "files": [{"name": "csv", "status": "pending", "size": 0, "rows": 0, "rejected": 0}],
        "failure": {"reason": "stalled", "remedy": "Look.", "detail": None},
    }
    facts = dict(export_facts(shown))
    assert facts["Status"] == "rendering, 50 %"
    assert facts["Rows"] == "5 of about 10"
    assert facts["Fields"].endswith("f11 and 8 more")
    assert facts["Sheet"] == ("airlines (Airlines); id, name; name (token); Name begins with A")
    assert facts["File"] == "csv, pending"
    assert facts["Failure"] == "stalled"
