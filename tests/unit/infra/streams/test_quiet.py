"""Kafka's clients repeat themselves."""

from __future__ import annotations

import logging

from infra.streams.kafka.quiet import Once, quieten


def record(name: str, message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, message, arguments, None)


def test_a_repeated_line_is_said_once_in_a_while_with_a_count() -> None:
    now = [0.0]
    once = Once(every=30, clock=lambda: now[0])
    assert once.filter(record("a", "no broker %s", 1))
    assert not once.filter(record("a", "no broker %s", 2))
    assert not once.filter(record("a", "no broker %s", 3))
    now[0] = 31.0
    again = record("a", "no broker %s", 4)
    assert once.filter(again)
    assert again.getMessage() == "no broker 4 (and 2 more like it)"


def test_other_lines_and_other_loggers_are_not_held_back() -> None:
    once = Once(every=30)
    assert once.filter(record("a", "one"))
    assert once.filter(record("a", "two"))
    assert once.filter(record("b", "one"))


def test_a_level_that_somebody_has_set_stays() -> None:
    faust, mode = logging.getLogger("faust"), logging.getLogger("mode")
    before = faust.level, mode.level
    try:
        faust.setLevel(logging.DEBUG)
        mode.setLevel(logging.NOTSET)
        quieten()
        quieten()
        assert (faust.level, mode.level) == (logging.DEBUG, logging.WARNING)
        assert len(logging.getLogger("aiokafka.conn").filters) == 1
    finally:
        faust.setLevel(before[0])
        mode.setLevel(before[1])
