"""The rules of a download: commands, state and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias, assert_never
from uuid import UUID

from domain.downloads.events import (
    DownloadEnded,
    DownloadEvent,
    DownloadGranted,
    DownloadStarted,
    Via,
)


class DownloadRuleBroken(Exception):
    """The download isn't allowed."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "").strip()


class DownloadUnknown(DownloadRuleBroken):
    """There is no such download."""


class GrantExpired(DownloadRuleBroken):
    """This download link has expired. Ask for a new one."""


class TransferUnknown(DownloadRuleBroken):
    """No such transfer was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantDownload:
    workspace: str
    export_id: UUID
    file: str
    granted_to: UUID
    via: Via
    expires_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDownload:
    first: int
    length: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDownload:
    number: int
    sent: int
    at: datetime


DownloadCommand: TypeAlias = GrantDownload | StartDownload | EndDownload


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """`started` maps a transfer's number to its start, `ended` to the bytes sent."""

    grant: DownloadGranted
    started: Mapping[int, DownloadStarted] = field(default_factory=lambda: MappingProxyType({}))
    ended: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))


def decide(command: DownloadCommand, download: Download | None) -> list[DownloadEvent]:
    """The new facts. Raises a `DownloadRuleBroken`."""
    if isinstance(command, GrantDownload):
        return [] if download is not None else [_granted(command)]
    if download is None:
        raise DownloadUnknown
    match command:
        case StartDownload(first=first, length=length, at=at):
            if download.grant.expires_at is not None and at >= download.grant.expires_at:
                raise GrantExpired
            number = len(download.started) + 1
            return [DownloadStarted(number=number, first=first, length=length, at=at)]
        case EndDownload(number=number, sent=sent, at=at):
            if number not in download.started:
                raise TransferUnknown
            if number in download.ended:
                return []
            return [DownloadEnded(number=number, sent=sent, at=at)]
        case _:
            assert_never(command)


def evolve(download: Download | None, event: DownloadEvent) -> Download:
    if isinstance(event, DownloadGranted):
        return Download(grant=event)
    if download is None:
        raise ValueError(f"a download's history can't begin with {type(event).__name__}")
    match event:
        case DownloadStarted(number=number):
            return replace(download, started=MappingProxyType({**download.started, number: event}))
        case DownloadEnded(number=number, sent=sent):
            return replace(download, ended=MappingProxyType({**download.ended, number: sent}))
        case _:
            assert_never(event)


def _granted(command: GrantDownload) -> DownloadGranted:
    return DownloadGranted(
        workspace=command.workspace,
        export_id=command.export_id,
        file=command.file,
        granted_to=command.granted_to,
        via=command.via,
        expires_at=command.expires_at,
        at=command.at,
    )
