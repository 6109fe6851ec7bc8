"""Logs have one form, quote nobody's data, and are no flood."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from infra.logs import Flood, log_to_file, log_to_stream
from schemas import traces


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def logged(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_structlogs_events_and_records_of_the_standard_library_look_the_same() -> None:
    stream = io.StringIO()
    log_to_stream("info", "json", stream)
    structlog.get_logger("api.shell").info("request", status=200)
    logging.getLogger("infra.streams").warning("the relay is %s", "blocked")
    first, second = logged(stream)
    assert (first["event"], first["status"], first["level"]) == ("request", 200, "info")
    assert (second["event"], second["logger"]) == ("the relay is blocked", "infra.streams")
    assert first.keys() - {"status"} == second.keys()


def test_every_line_within_some_work_names_its_trace_and_its_export() -> None:
    stream, export_id = io.StringIO(), UUID(int=5)
    log_to_stream("info", "json", stream)
    with traces.request("") as work:
        structlog.get_logger("api.shell").info("request")
        with traces.span("plan", export_id):
            logging.getLogger("infra.streams").warning("planning")
    logging.getLogger("infra.streams").warning("nothing in hand")
    request, planning, idle = logged(stream)
    assert request["trace_id"] == f"{work.place.trace_id:032x}"
    assert (planning["trace_id"], planning["export_id"]) == (export_id.hex, str(export_id))
    assert "trace_id" not in idle


def test_below_the_level_nothing_is_written() -> None:
    stream = io.StringIO()
    log_to_stream("warning", "json", stream)
    structlog.get_logger("a").info("quiet")
    logging.getLogger("b").info("quiet")
    assert logged(stream) == []


def test_libraries_that_talk_much_are_heard_from_warnings_on() -> None:
    stream = io.StringIO()
    log_to_stream("debug", "json", stream)
    logging.getLogger("aiokafka.conn").info("connected")
    logging.getLogger("aiokafka.conn").warning("gone")
    assert [each["event"] for each in logged(stream)] == ["gone"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_is_told_without_its_text(form: str) -> None:
    stream = io.StringIO()
    log_to_stream("info", form, stream)  # type: ignore[arg-type] # both forms are given
    try:
        int("Key (email)=(ana@example.com) exists")
    except ValueError:
        logging.getLogger("a").exception("a step failed")
        structlog.get_logger("b").exception("a step failed")
    said = stream.getvalue()
    assert said.count("builtins.ValueError") == 2
    assert said.count("test_logs.py:") == 2
    assert "ana@example.com" not in said


def test_text_is_for_people() -> None:
    stream = io.StringIO()
    log_to_stream("info", "text", stream)
    structlog.get_logger("a").info("request", status=200)
    assert "request" in stream.getvalue()
    assert "status=200" in stream.getvalue()


def test_in_a_file_is_everything_and_at_the_terminal_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_to_file(tmp_path / "logs" / "waybill.log", "info", "json")
    structlog.get_logger("a").info("request")
    structlog.get_logger("a").warning("blocked")
    written = (tmp_path / "logs" / "waybill.log").read_text().splitlines()
    assert [json.loads(line)["event"] for line in written] == ["request", "blocked"]
    assert "blocked" in (said := capsys.readouterr().err)
    assert "request" not in said


def test_the_same_thousand_times_is_some_times() -> None:
    stream = io.StringIO()
    log_to_stream("info", "json", stream)
    for number in range(1000):
        logging.getLogger("a").warning("no broker at %d", number)
    logging.getLogger("a").warning("something else")
    assert len(logged(stream)) == 21


def test_structlogs_events_are_of_a_kind_whatever_their_values() -> None:
    stream = io.StringIO()
    log_to_stream("info", "json", stream)
    for number in range(1000):
        structlog.get_logger("a").warning("not ready", part=number)
    structlog.get_logger("a").warning("something else")
    assert len(logged(stream)) == 21


def test_what_was_held_back_is_counted_in_the_first_that_is_said_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream, clock = io.StringIO(), iter([*[0.0] * 25, 60.0, 60.0])
    log_to_stream("info", "json", stream)
    monkeypatch.setattr("infra.logs.time.monotonic", lambda: next(clock))
    for _ in range(27):
        logging.getLogger("a").warning("no broker")
    said = [each.get("held_back") for each in logged(stream)]
    assert said == [None] * 20 + [5, None]


def test_kinds_without_end_are_not_remembered_for_ever() -> None:
    flood = Flood()
    for number in range(3_000):
        flood.filter(logging.LogRecord("a", logging.ERROR, "", 0, f"no. {number}", (), None))
    assert len(flood._seen) <= 1_000


def test_after_a_while_it_is_said_again() -> None:
    flood = Flood(most=1, window=-1.0)
    record = logging.LogRecord("a", logging.ERROR, "", 0, "blocked", (), None)
    assert [flood.filter(record) for _ in range(3)] == [True, True, True]
    assert [Flood(most=1).filter(record), flood.filter(record)] == [True, True]
