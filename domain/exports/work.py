"""Which work an export still needs: derived from its state alone, so that a lost, doubled or late
job message does no harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from domain.exports.state import Export


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """One job for however many attempts it takes; whoever does it starts the next attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    attempt: int
    index: int
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assemble:
    attempt: int
    file: str


Job: TypeAlias = Extract | Render | Assemble


def outstanding(export: Export) -> list[Job]:
    """The work that may be done now; a pause holds back all but an extraction under way, whose
    snapshot would be lost."""
    if export.plan is None or export.ended:
        return []
    if export.extraction is None and not (export.paused and not export.extracting):
        return [Extract(), *_renders(export)]
    return [*_renders(export), *_assemblies(export)]


def _renders(export: Export) -> list[Job]:
    if export.paused:
        return []
    return [
        Render(attempt=export.attempt, index=index, file=file.name)
        for index in sorted(export.staged)
        for file in export.request.files
        if (index, file.name) not in export.rendered
    ]


def _assemblies(export: Export) -> list[Job]:
    if export.paused:
        return []
    return [
        Assemble(attempt=export.attempt, file=file.name)
        for file in export.request.files
        if file.name not in export.assembled and export.is_rendered(file.name)
    ]
