"""Where work is found in a tracing system, by W3C Trace Context: the trace of an export's work is
the export's own id, and the span that all others hang from follows from it too.

So nothing is stored in events for it: any process, at any time, after any crash and over any
transport, adds to the same trace, and an auditor finds it by the id alone. Spans are plain values
here; `infra.tracing` gives them to OpenTelemetry where a collector is named. Attributes name kinds
of things, counts and ids, never a person or a value of a row.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, TypeAlias
from uuid import UUID

Kind: TypeAlias = Literal["internal", "server", "producer", "consumer"]
Value: TypeAlias = str | int | float | bool

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A span by its numbers."""

    trace_id: int
    span_id: int

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that has ended. Times are in nanoseconds since 1970; `error` is the name of an
    error's class, empty when all went well."""

    name: str
    place: Place
    parent: int | None
    kind: Kind
    began: int
    ended: int
    attributes: Mapping[str, Value]
    links: tuple[Place, ...]
    error: str


@dataclass(slots=True, kw_only=True)
class Work:
    """What this thread or task is at. `client` is the span of whoever asked for it."""

    place: Place
    export_id: UUID | None = None
    client: Place | None = None


Sink: TypeAlias = Callable[[Span], None]

_current: ContextVar[Work | None] = ContextVar("work", default=None)
_sinks: list[Sink] = []


def send_to(sink: Sink) -> Callable[[], None]:
    """Has every span that ends in this process told to `sink`, which must return at once; the
    answer ends that. Without one, spans cost next to nothing."""
    _sinks.append(sink)
    return lambda: _sinks.remove(sink)


def wanted() -> bool:
    """Whether anybody is told of spans."""
    return bool(_sinks)


def tell(span: Span) -> None:
    for sink in _sinks:
        sink(span)


@lru_cache(4_096)
def root(aggregate_id: UUID) -> Place:
    """The span that all work for an aggregate hangs from. An export's id is its trace's."""
    digest = blake2b(aggregate_id.bytes, digest_size=8, person=b"waybill.root")
    return Place(trace_id=aggregate_id.int, span_id=int.from_bytes(digest.digest(), "big") or 1)


@lru_cache(4_096)
def traceparent(aggregate_id: UUID) -> str:
    """What stands in the headers of messages about an aggregate."""
    return root(aggregate_id).traceparent


def read_traceparent(text: str) -> Place | None:
    """None for what is no valid one."""
    found = _TRACEPARENT.fullmatch(text)
    if found is None:
        return None
    place = Place(trace_id=int(found[1], 16), span_id=int(found[2], 16))
    return place if place.trace_id and place.span_id else None


def current() -> Work | None:
    """What is being done here, for logs and for those that go on with it elsewhere."""
    return _current.get()


@contextmanager
def continued(work: Work | None) -> Iterator[None]:
    """Goes on with what another thread or process has begun."""
    token = _current.set(work)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def request(client: str) -> Iterator[Work]:
    """An answer to somebody: a trace of its own, linked to the one that the caller names. It has
    no span until it is `finished`, as it is named after the route that it takes."""
    place = Place(trace_id=secrets.randbits(128) or 1, span_id=secrets.randbits(64) or 1)
    work = Work(place=place, client=read_traceparent(client))
    with continued(work):
        yield work


@contextmanager
def span(
    name: str,
    aggregate_id: UUID,
    *,
    kind: Kind = "internal",
    export: bool = True,
    first: bool = False,
    **attributes: Value,
) -> Iterator[dict[str, Value]]:
    """Some work for an aggregate, which is an export unless it is said; more attributes may be put
    into what is given. The span hangs from the one that this thread is in, if that is of the same
    trace; `first` makes it the one that all others hang from."""
    outer = _current.get()
    if outer is not None and export and outer.export_id is None:
        outer.export_id = aggregate_id
    top = root(aggregate_id)
    place = top
    if _sinks and not first:
        place = Place(trace_id=top.trace_id, span_id=secrets.randbits(64) or 1)
    work = Work(place=place, export_id=aggregate_id if export else None)
    token = _current.set(work)
    began, error = time.time_ns(), ""
    try:
        yield attributes
    except BaseException as raised:
        error = type(raised).__qualname__
        raise
    finally:
        _current.reset(token)
        if _sinks:
            parent = None if first else _parent(top, outer)
            tell(_ended(name, place, parent, kind, began, attributes, outer, error))


def note(
    name: str, aggregate_id: UUID, began: int, *, kind: Kind = "internal", **attributes: Value
) -> None:
    """A span over what has gone on since `began` and ends now."""
    if not _sinks:
        return
    top = root(aggregate_id)
    outer = _current.get()
    place = Place(trace_id=top.trace_id, span_id=secrets.randbits(64) or 1)
    tell(_ended(name, place, _parent(top, outer), kind, began, attributes, outer, ""))


def finished(work: Work, name: str, began: int, error: str, **attributes: Value) -> None:
    """The span of a `request`."""
    if _sinks:
        links = (work.client,) if work.client else ()
        tell(
            Span(
                name=name,
                place=work.place,
                parent=None,
                kind="server",
                began=began,
                ended=time.time_ns(),
                attributes=attributes,
                links=links,
                error=error,
            )
        )


def _parent(top: Place, outer: Work | None) -> int:
    same = outer is not None and outer.place.trace_id == top.trace_id
    return outer.place.span_id if outer is not None and same else top.span_id


def _ended(
    name: str,
    place: Place,
    parent: int | None,
    kind: Kind,
    began: int,
    attributes: Mapping[str, Value],
    outer: Work | None,
    error: str,
) -> Span:
    return Span(
        name=name,
        place=place,
        parent=parent,
        kind=kind,
        began=began,
        ended=time.time_ns(),
        attributes=dict(attributes),
        links=_links(place, outer),
        error=error,
    )


def _links(place: Place, outer: Work | None) -> tuple[Place, ...]:
    """To the request that asked for it and to the one behind that, where they are other traces."""
    if outer is None or outer.place.trace_id == place.trace_id:
        return ()
    return (outer.place, outer.client) if outer.client else (outer.place,)
