"""Server-sent events, as far as Waybill sends them (the HTML standard, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`id` is the export's sequence number; None for a tick, which is in no order."""

    id: int | None
    event: str
    data: dict[str, Any]


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """One that is cut off is not a message."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        if "data" in fields:
            yield _message(fields)
        fields = {}


def _message(fields: dict[str, str]) -> Message:
    number = fields.get("id")
    return Message(
        id=None if number is None else int(number),
        event=fields.get("event", "message"),
        data=json.loads(fields["data"]),
    )
