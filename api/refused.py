"""Refused commands of callers that are known are recorded: an audit tells what was asked for, not
only what was done.

Recording never changes an answer. Nothing that the client wrote is recorded, only what its
request turned out to be about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog
from fastapi import Request

from api.bundles import BUNDLE
from api.metrics import HttpMetrics
from api.ports import ApiPorts
from api.present import Present, Shown
from api.problem_types import UNAUTHENTICATED
from api.problems import Problem
from domain.acts import Act
from domain.exports.errors import ExportUnknown
from domain.refusals.allowance import WINDOW, Allowance
from domain.refusals.events import RefusalRecorded, RefusalsOmitted

ACTS: Mapping[str, Act] = {
    "request_export": Act.REQUEST_EXPORT,
    "cancel_export": Act.CANCEL,
    "pause_export": Act.PAUSE,
    "resume_export": Act.RESUME,
    "retry_export": Act.RETRY,
    "make_ticket": Act.GRANT_DOWNLOAD,
    "make_bundle_ticket": Act.GRANT_DOWNLOAD,
    "get_file": Act.DOWNLOAD,
    "get_waybill": Act.DOWNLOAD,
    "get_rejections": Act.DOWNLOAD,
    "make_protected_copy": Act.DOWNLOAD,
    "get_bundle": Act.DOWNLOAD,
    "get_by_ticket": Act.DOWNLOAD,
    "make_key": Act.CREATE_KEY,
    "revoke_key": Act.REVOKE_KEY,
}
"""The routes that are commands, by their names. Whatever else there is only reads."""

_OF_BUNDLES = {"get_bundle", "make_bundle_ticket"}

_SUFFIXES = {
    "get_waybill": ".waybill",
    "get_rejections": ".rejections",
    "make_protected_copy": ".protected",
}

_FAULTS = 500
"""From this status on it is not the caller who is refused."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: the holder of a key, or whom a download link was given to (`by`)."""

    workspace: str
    principal: UUID
    by: UUID | None = None


@dataclass(slots=True)
class Asked:
    """What is known of a request so far. Its route tells, as it goes, who asks and which dataset
    it is about."""

    asker: Asker | None = None
    dataset: str | None = None
    export_id: UUID | None = None
    file: str | None = None


def asked(request: Request) -> Asked:
    found: Asked | None = getattr(request.state, "asked", None)
    if found is None:
        found = request.state.asked = Asked()
    return found


@dataclass(slots=True)
class Refusals:
    """Records refusals. To be used in the loop that serves."""

    ports: ApiPorts
    present: Present
    metrics: HttpMetrics
    _allowance: Allowance = field(default_factory=Allowance)
    _settling: asyncio.Task[None] | None = None

    async def note(self, request: Request, problem: Problem) -> None:
        """Never raises; takes as long as an append."""
        act = ACTS.get(_route(request))
        asker = asked(request).asker
        if problem.kind is UNAUTHENTICATED or (asker is None and act is not None):
            self.metrics.unauthenticated.inc()
        if act is None or asker is None or problem.kind.status >= _FAULTS:
            return
        try:
            outcome = await self._note(request, asker, act, problem)
        except Exception as error:  # noqa: BLE001 - the refusal's answer must not become another
            _log.warning("a refusal was not recorded", act=act.value, error=type(error).__name__)
            outcome = "lost"
        self.metrics.refusals.labels(act.value, outcome).inc()

    async def close(self) -> None:
        """Says what was left out, at the end of the process."""
        if self._settling is not None:
            self._settling.cancel()
        await self._tell(self._allowance.settle_all())

    async def _note(self, request: Request, asker: Asker, act: Act, problem: Problem) -> str:
        by = await asyncio.to_thread(self._subject, asker)
        now = self.ports.clock()
        await self._tell(self._allowance.settle(now))
        if not self._allowance.admits(asker.workspace, by, now):
            self._settle_later()
            return "omitted"
        shown = await asyncio.to_thread(self._export, request, asker.workspace)
        fact = RefusalRecorded(
            workspace=asker.workspace,
            by=by,
            act=act,
            export_id=None if shown is None else shown.row.export_id,
            dataset=asked(request).dataset if shown is None else shown.row.dataset,
            file=None if shown is None else _file(shown, request),
            problem=problem.kind.slug,
            status=problem.kind.status,
            at=now,
        )
        await asyncio.to_thread(self.ports.store.append, uuid4(), 0, [fact])
        return "recorded"

    def _subject(self, asker: Asker) -> UUID:
        return asker.by or self.ports.vault.subject(asker.workspace, str(asker.principal))

    def _export(self, request: Request, workspace: str) -> Shown | None:
        """The export that the address or the link names, if it is the caller's."""
        export_id = asked(request).export_id or request.path_params.get("export_id")
        with suppress(ExportUnknown, ValueError):
            if export_id is not None:
                return self.present.find(workspace, UUID(str(export_id)))
        return None

    def _settle_later(self) -> None:
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_after(WINDOW.total_seconds()))

    async def _settle_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._tell(self._allowance.settle(self.ports.clock()))

    async def _tell(self, facts: Sequence[RefusalsOmitted]) -> None:
        for fact in facts:
            try:
                await asyncio.to_thread(self.ports.store.append, uuid4(), 0, [fact])
            except Exception as error:  # noqa: BLE001 - nobody waits for this
                _log.warning("omitted refusals were not told", error=type(error).__name__)


def _route(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "name", ""))


def _file(shown: Shown, request: Request) -> str | None:
    """The file's name as downloads have it, if the export has such a file."""
    name = asked(request).file or request.path_params.get("file")
    if name == BUNDLE or _route(request) in _OF_BUNDLES:
        return BUNDLE
    suffix = _SUFFIXES.get(_route(request), "")
    return f"{name}{suffix}" if name in {file.name for file in shown.row.files} else None
