"""What is told live about an export, the same over server-sent events and over the WebSocket, and
what goes to and fro on the latter."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.bodies import Body
from api.models.exports import ProgressView
from domain.exports.failures import Reason
from domain.exports.state import Status

MOST_SUBSCRIPTIONS = 100
"""Exports that one socket may follow at once."""


class EventNews(BaseModel):
    """A stored event, as far as it moves the progress. `sequence` counts the export's events, and
    is the same number everywhere: in `/events`, in `ETag`, in the CloudEvents on Kafka."""

    sequence: int
    at: datetime
    status: Status
    progress: ProgressView
    reason: Reason | None


class TickNews(BaseModel):
    """How far the reading of the rows is between two events. May be missed, is never repeated."""

    at: datetime
    attempt: int
    rows: int
    bytes_read: int
    estimated_rows: int | None


class Authenticate(Body):
    """The first message: `token` is an API key with the scope `exports:read`."""

    type: Literal["authenticate"]
    token: Annotated[str, StringConstraints(max_length=200)]


class Place(Body):
    """An export, and the sequence number of the last of its events that is known already."""

    id: UUID
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class Subscribe(Body):
    """Follows these exports, each from its place on. One that is followed already begins anew
    there."""

    type: Literal["subscribe"]
    exports: Annotated[list[Place], Field(min_length=1, max_length=MOST_SUBSCRIPTIONS)]


class Unsubscribe(Body):
    """Nothing more comes about these exports."""

    type: Literal["unsubscribe"]
    exports: Annotated[list[UUID], Field(min_length=1, max_length=MOST_SUBSCRIPTIONS)]


class Authenticated(BaseModel):
    """The key is good: subscribe now."""

    type: Literal["authenticated"] = "authenticated"


class EventTold(BaseModel):
    """`event` is the event's name, such as `export.chunk-staged.v1`."""

    type: Literal["event"] = "event"
    export_id: UUID
    event: str
    data: EventNews


class TickTold(BaseModel):
    type: Literal["tick"] = "tick"
    export_id: UUID
    data: TickNews


class EndTold(BaseModel):
    """The export has ended, and its last event was told: it isn't followed any more."""

    type: Literal["ended"] = "ended"
    export_id: UUID


class SocketProblem(BaseModel):
    """A problem as `GET /problems` lists them."""

    type: str
    title: str
    status: int
    detail: str


class ProblemTold(BaseModel):
    """This export can't be followed, the others can."""

    type: Literal["problem"] = "problem"
    export_id: UUID
    problem: SocketProblem


Said = Annotated[Authenticate | Subscribe | Unsubscribe, Field(discriminator="type")]
Told = Authenticated | EventTold | TickTold | EndTold | ProblemTold
