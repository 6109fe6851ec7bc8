"""What the rules and the adapters raise, as problems: one place says which means what to a client.

The text of an adapter's error may name hosts or quote rows, so only texts that hold no values are
passed on: the rules' own, and those of sources.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import problem_types as types
from api.ports import TicketExpired, TicketInvalid
from api.problem_types import ProblemType
from api.problems import Fault, Problem, pointer_of, respond
from domain.access import LastAdminKey
from domain.downloads.decide import DownloadRuleBroken, GrantExpired
from domain.exports.errors import (
    ExportEnded,
    ExportNotPaused,
    ExportRuleBroken,
    ExportUnknown,
    IdempotencyKeyReused,
    NothingToRetry,
)
from domain.filters import FilterInvalid
from domain.formats import FormatInvalid
from domain.masks import MaskInvalid
from domain.ports import (
    FileBroken,
    FileMissing,
    FilesFull,
    FilesUnavailable,
    KeyDestroyed,
    RowsRefused,
    RowsUnavailable,
    StoreUnavailable,
    VersionConflict,
)
from domain.previews import PreviewsBusy, PreviewsNotHere, PreviewTooSlow, PreviewUnfit
from domain.protection import (
    ProtectionBusy,
    ProtectionNotHere,
    ProtectionTooLarge,
    ProtectionTooSlow,
)
from domain.rows import QueryInvalid

_log = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Makes every refusal of the app a problem, the framework's own too."""
    app.add_exception_handler(Problem, _answer(lambda problem: problem))
    app.add_exception_handler(HTTPException, _answer(_of_the_framework))
    app.add_exception_handler(RequestValidationError, _answer(_of_parameters))
    app.add_exception_handler(FilterInvalid, _answer(_of_filter))
    app.add_exception_handler(QueryInvalid, _answer(_of_query))
    app.add_exception_handler(FormatInvalid, _answer(_of_format))
    app.add_exception_handler(MaskInvalid, _answer(_of_mask))
    app.add_exception_handler(PreviewUnfit, _answer(_of_preview))
    app.add_exception_handler(RowsUnavailable, _answer(_of_source(types.SOURCE_UNAVAILABLE)))
    app.add_exception_handler(RowsRefused, _answer(_of_source(types.SOURCE_REFUSED)))
    app.add_exception_handler(FileMissing, _answer(_of_damage))
    app.add_exception_handler(FileBroken, _answer(_of_damage))
    for error, kind in _PLAIN.items():
        app.add_exception_handler(error, _answer(_always(kind)))


_PLAIN: dict[type[Exception], ProblemType] = {
    ExportUnknown: types.NOT_FOUND,
    IdempotencyKeyReused: types.IDEMPOTENCY_KEY_REUSED,
    ExportEnded: types.EXPORT_ENDED,
    ExportNotPaused: types.EXPORT_NOT_PAUSED,
    NothingToRetry: types.NOTHING_TO_RETRY,
    ExportRuleBroken: types.NOT_ALLOWED_NOW,
    GrantExpired: types.LINK_EXPIRED,
    DownloadRuleBroken: types.LINK_INVALID,
    TicketExpired: types.LINK_EXPIRED,
    TicketInvalid: types.LINK_INVALID,
    PreviewsBusy: types.PREVIEWS_BUSY,
    PreviewTooSlow: types.PREVIEW_TOO_SLOW,
    PreviewsNotHere: types.PREVIEWS_NOT_HERE,
    ProtectionBusy: types.PROTECTION_BUSY,
    ProtectionTooLarge: types.TOO_LARGE_TO_PROTECT,
    ProtectionTooSlow: types.PROTECTION_TOO_SLOW,
    ProtectionNotHere: types.PROTECTION_NOT_HERE,
    LastAdminKey: types.LAST_ADMIN_KEY,
    StoreUnavailable: types.STORE_UNAVAILABLE,
    VersionConflict: types.STORE_UNAVAILABLE,
    FilesUnavailable: types.FILES_UNAVAILABLE,
    FilesFull: types.STORAGE_FULL,
    KeyDestroyed: types.FILE_GONE,
}


def _answer(
    translate: Callable[[Any], Problem],
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        problem = translate(error)
        await request.app.state.refused.note(request, problem)
        return respond(problem, request)

    return answer


def _always(kind: ProblemType) -> Callable[[Exception], Problem]:
    return lambda _: Problem(kind, headers=_retry(kind))


def _of_source(kind: ProblemType) -> Callable[[Exception], Problem]:
    """A source's errors are in our words, without rows, values and addresses."""
    return lambda error: Problem(kind, str(error), headers=_retry(kind))


def _of_damage(error: FileMissing | FileBroken) -> Problem:
    """An object that is not there though its key is was lost: a destroyed file has no key. The
    log says which one, as objects are named by ids."""
    _log.error("a stored file can't be read back", error=type(error).__name__, why=str(error))
    return Problem(types.FILE_BROKEN)


def _retry(kind: ProblemType) -> dict[str, str] | None:
    return {"Retry-After": "2"} if kind.status == 503 else None


def _of_filter(error: FilterInvalid) -> Problem:
    return _located(types.INVALID_FILTER, error.path, error.problem)


def _of_query(error: QueryInvalid) -> Problem:
    return _located(types.INVALID_QUERY, error.path, error.problem)


def _located(kind: ProblemType, path: str, problem: str) -> Problem:
    place = pointer_of(path)
    return Problem(kind, f"{place}: {problem}", faults=[Fault(place, problem)])


def _of_format(error: FormatInvalid) -> Problem:
    faults = [Fault(each.at, each.text) for each in error.problems]
    return Problem(types.INVALID_FORMAT, faults=faults)


def _of_mask(error: MaskInvalid) -> Problem:
    faults = [Fault(each.at, each.text) for each in error.problems]
    return Problem(types.INVALID_MASK, faults=faults)


def _of_preview(error: PreviewUnfit) -> Problem:
    """In the renderers' own words, which name fields and options, never values."""
    return Problem(types.INVALID_FORMAT, faults=[Fault("/format", str(error))])


def _of_parameters(error: RequestValidationError) -> Problem:
    """An id that can't be one is the id of nothing."""
    found = error.errors()
    if any(each["loc"][0] == "path" for each in found):
        return Problem(types.NOT_FOUND)
    faults = [Fault(".".join(map(str, each["loc"][1:])), each["msg"]) for each in found]
    return Problem(types.INVALID_PARAMETER, faults=faults)


def _of_the_framework(error: HTTPException) -> Problem:
    kinds = {404: types.NOT_FOUND, 405: types.METHOD_NOT_ALLOWED}
    return Problem(kinds.get(error.status_code, types.INVALID_PARAMETER), headers=error.headers)
