"""Logs of a process: structlog's events and the standard library's records, in one form.

No personal data gets out: the text of an exception may quote a row or a connection's address, so
an exception is told by its type and its places alone.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import Processor

from schemas import traces

Form = Literal["json", "text"]

_QUIET = (
    "aiokafka",
    "faust",
    "kafka",
    "mode",
    "urllib3",
    "uvicorn",
    "asyncio",
    "httpx",
    "httpcore",
)
"""Libraries that tell more than anybody asks for."""

_PLACES = 8
_WINDOW = 10.0  # seconds
_KINDS = 1_000  # that are remembered: a message that is made of values is each time another
_HELD_BACK = "held_back"
_MOST = 20  # records of one kind in a window: a broker that is away says the same a thousand times


def log_to_stream(level: str, form: Form, stream: TextIO = sys.stderr) -> None:
    """From now on, for the whole process."""
    _install([_handler(logging.StreamHandler(stream), form)], level)


def log_to_file(path: Path, level: str, form: Form) -> None:
    """For commands whose terminal belongs to people: everything goes to the file, warnings go to
    standard error too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aloud = _handler(logging.StreamHandler(sys.stderr), "text")
    aloud.setLevel(logging.WARNING)
    _install([_handler(logging.FileHandler(path, encoding="utf-8"), form), aloud], level)


def _install(handlers: list[logging.Handler], level: str) -> None:
    logging.basicConfig(handlers=handlers, level=level.upper(), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # tests configure more than once
    )


def _handler(handler: logging.Handler, form: Form) -> logging.Handler:
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[
                tell_exception,
                tell_held_back,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
        )
    )
    handler.addFilter(Flood())
    return handler


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        tell_work,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def tell_work(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Says for which request, event or job the line is, so that one search finds all of them."""
    work = traces.current()
    if work is not None:
        event.setdefault("trace_id", f"{work.place.trace_id:032x}")
        if work.export_id is not None:
            event.setdefault("export_id", str(work.export_id))
    return event


def tell_exception(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Puts type and places in the stead of an exception and its text."""
    found = event.pop("exc_info", None)
    event.pop("exception", None)
    error = sys.exc_info()[1] if found is True else found
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
        event["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["places"] = [f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in frames]
    return event


def tell_held_back(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Says how many lines like this one the flood filter has kept to itself."""
    held_back = getattr(event["_record"], _HELD_BACK, 0)
    if held_back:
        event[_HELD_BACK] = held_back
    return event


class Flood(logging.Filter):
    """Lets some records of a kind through in each window; the first one of a later window says how
    many it held back."""

    def __init__(self, most: int = _MOST, window: float = _WINDOW) -> None:
        super().__init__()
        self._most, self._window = most, window
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        kind, now = (record.name, _template(record)), time.monotonic()
        with self._lock:
            if len(self._seen) >= _KINDS:
                self._forget(now)
            since, count = self._seen.get(kind, (now, 0))
            held_back = 0
            if now - since > self._window:
                since, count, held_back = now, 0, max(0, count - self._most)
            self._seen[kind] = (since, count + 1)
        setattr(record, _HELD_BACK, held_back)
        return count < self._most

    def _forget(self, now: float) -> None:
        """What was said long ago; all, should that be nothing."""
        kept = {
            kind: (since, count)
            for kind, (since, count) in self._seen.items()
            if now - since <= self._window
        }
        self._seen = kept if len(kept) < _KINDS else {}


def _template(record: logging.LogRecord) -> str:
    """What records of a kind share: structlog's are dicts of the event and its values."""
    said = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
    return str(said)[:200]
