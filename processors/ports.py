"""All that the processors work with, in one value that a composition root makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.fonts import Fonts
from domain.leases import Work
from domain.ledger import Exports
from domain.ports import (
    Clock,
    DataKeys,
    EventStore,
    Files,
    SealedFiles,
    Sources,
    SubjectErased,
    Vault,
)
from domain.protected import unprotect
from domain.rows import RowQuery, map_filters
from domain.streams import Jobs, Ticks
from processors.silent_sources import SilentSources


class SweptFiles(Files, Protocol):
    """A file store that can be tidied up."""

    def sweep(self, older_than: datetime) -> int:
        """Removes what puts that were killed before `older_than` have left; says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """See `infra.settings.Settings` for what each means."""

    row_cap: int | None = None
    render_processes: int = 2
    extractions: int = 2
    lease_seconds: float = 10.0
    stalled_seconds: float = 6 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """All that the processors work with; made by a composition root."""

    store: EventStore
    exports: Exports
    sources: Sources
    files: SweptFiles
    sealed: SealedFiles
    keys: DataKeys
    vault: Vault
    work: Work
    jobs: Jobs
    ticks: Ticks
    clock: Clock
    limits: Limits
    wake: Callable[[], None]
    """Tells the dispatcher that there may be something to release."""
    fonts: Fonts = ()
    """For PDFs, beside those that come with Waybill."""
    silent: SilentSources = field(default_factory=SilentSources)

    def unsealed(self, query: RowQuery) -> RowQuery:
        """The question as it was asked, with the vault's literals in it. Never store the result.

        Raises `LiteralErased`."""
        return map_filters(query, lambda tree: unprotect(tree, self.vault.reveal))

    def keep(self, subject: UUID, text: str) -> UUID | None:
        """A reference to the text in the vault; None where its subject was erased."""
        try:
            return self.vault.keep(subject, text)
        except SubjectErased:
            return None
