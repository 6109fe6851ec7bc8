"""Cancel, pause, resume, retry: decided against the store, under a precondition if one is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from api.ports import ApiPorts
from api.problem_types import PRECONDITION_FAILED
from api.problems import Problem
from domain.access import ApiKey
from domain.exports.commands import ExportCommand
from domain.exports.decide import decide
from domain.ports import VersionConflict

Steering = Callable[[UUID, datetime], ExportCommand]
"""From who asks and when to what is asked."""


def steer(
    ports: ApiPorts, key: ApiKey, export_id: UUID, command: Steering, if_match: str | None
) -> None:
    """Raises what the rules raise, and a problem when the export is not at the version asked for
    any more: also when it changes in this very moment."""
    actor = ports.vault.subject(key.workspace, str(key.principal))
    wanted = command(actor, ports.clock())
    if if_match is None or if_match.strip() == "*":
        ports.exports.execute(export_id, wanted)
        return
    known = ports.exports.load(export_id)
    if f'"{known.version}"' not in (tag.strip() for tag in if_match.split(",")):
        raise Problem(PRECONDITION_FAILED, sequence=known.version)
    try:
        if facts := decide(wanted, known.state):
            ports.store.append(export_id, known.version, facts)
    except VersionConflict:
        raise Problem(PRECONDITION_FAILED) from None
