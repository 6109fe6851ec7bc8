"""Payloads of older versions are read as today's, whatever has changed in between: these
make some versions up."""

from __future__ import annotations

import pytest

from domain.exports.events import ExportPaused
from domain.streams import Kind
from schemas.registry import EVENTS, UnknownEvent, decode, kind_of
from schemas.upcasters import UPCASTERS, Payload, Upcaster
from tests.export_commands import AT, SOMEBODY

PAUSED = ExportPaused(paused_by=SOMEBODY, at=AT)
HALTED = f'{{"who":"{SOMEBODY}","when":"{AT.isoformat()}"}}'.encode()


def from_halted(_: str, payload: Payload) -> tuple[str, Payload]:
    """`export.halted.v1` called things by other names."""
    return "export.paused.v0", {"by": payload["who"], "at": payload["when"]}


def from_paused_v0(name: str, payload: Payload) -> tuple[str, Payload]:
    assert name == "export.paused.v0"
    return "export.paused.v1", {"paused_by": payload.pop("by"), **payload}


STEPS: dict[str, Upcaster] = {
    "export.halted.v1": from_halted,
    "export.paused.v0": from_paused_v0,
}


def test_an_old_payload_goes_through_every_step() -> None:
    assert decode("export.halted.v1", HALTED, STEPS) == PAUSED


def test_a_payload_begins_at_its_own_version() -> None:
    payload = f'{{"by":"{SOMEBODY}","at":"{AT.isoformat()}"}}'.encode()
    assert decode("export.paused.v0", payload, STEPS) == PAUSED


def test_todays_payloads_take_no_step() -> None:
    payload = f'{{"paused_by":"{SOMEBODY}","at":"{AT.isoformat()}"}}'.encode()
    assert decode("export.paused.v1", payload, STEPS) == PAUSED


def test_an_old_name_belongs_to_a_kind() -> None:
    assert kind_of("export.halted.v1") is Kind.EXPORT


def test_an_old_payload_that_misses_a_field_is_refused() -> None:
    with pytest.raises(UnknownEvent, match="'when' is missing"):
        decode("export.halted.v1", b'{"who":"x"}', STEPS)


def test_an_old_payload_that_is_no_json_is_refused() -> None:
    with pytest.raises(UnknownEvent, match="halted"):
        decode("export.halted.v1", b"{", STEPS)


def test_steps_that_lead_nowhere_are_refused() -> None:
    with pytest.raises(UnknownEvent, match="nothing is called"):
        decode("export.halted.v1", HALTED, {"export.halted.v1": from_halted})


def test_steps_that_lead_in_a_circle_are_refused() -> None:
    def back(_: str, payload: Payload) -> tuple[str, Payload]:
        return "export.halted.v1", {"who": payload["by"], "when": payload["at"]}

    with pytest.raises(UnknownEvent, match="back to itself"):
        decode("export.halted.v1", HALTED, {**STEPS, "export.paused.v0": back})


def test_no_step_starts_from_a_name_that_is_written_today() -> None:
    assert set(UPCASTERS).isdisjoint(EVENTS)
