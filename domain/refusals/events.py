"""What can be said of refused commands. Each fact is an aggregate of its own. Nothing that a
client has written is in one: only what is known here, and references to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRecorded:
    """`act` is one of `domain.acts.Act`, and a string here, as every release may know more of them.
    `export_id`, `dataset` and `file` are None unless there is such a thing in the workspace.
    `problem` is the slug of the answer's type, `status` its HTTP status."""

    workspace: str
    by: UUID
    act: str
    export_id: UUID | None
    dataset: str | None
    file: str | None
    problem: str
    status: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalsOmitted:
    """`count` refusals of the same caller between `since` and `at`, which were too many."""

    workspace: str
    by: UUID
    count: int
    since: datetime
    at: datetime


RefusalEvent: TypeAlias = RefusalRecorded | RefusalsOmitted
