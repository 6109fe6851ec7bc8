"""The rules of a download."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.downloads.decide import (
    Download,
    DownloadCommand,
    DownloadUnknown,
    EndDownload,
    GrantExpired,
    StartDownload,
    TransferUnknown,
    decide,
    evolve,
)
from domain.downloads.events import (
    DownloadEnded,
    DownloadEvent,
    DownloadGranted,
    DownloadStarted,
    Via,
)
from tests.deciders import Decider
from tests.export_commands import (
    AT,
    EXPORT,
    LATER,
    SOMEBODY,
    SOMEBODY_ELSE,
    end_download,
    grant,
    start_download,
)

DOWNLOADS: Decider[Download, DownloadCommand, DownloadEvent] = Decider(decide=decide, evolve=evolve)
GRANTED = DOWNLOADS.told(grant())
STARTED = GRANTED.told(start_download())


def test_a_grant_says_who_gets_which_file_and_how_they_showed_who_they_are() -> None:
    DOWNLOADS.given().when(grant()).then(
        DownloadGranted(
            workspace="main",
            export_id=EXPORT,
            file="csv",
            granted_to=SOMEBODY,
            via=Via.TICKET,
            expires_at=LATER,
            at=AT,
        )
    )


def test_a_grant_that_is_repeated_is_no_new_fact() -> None:
    GRANTED.when(grant(granted_to=SOMEBODY_ELSE)).then()


def test_a_transfer_is_recorded_with_the_bytes_that_were_asked_for() -> None:
    GRANTED.when(start_download(first=5, length=10)).then(
        DownloadStarted(number=1, first=5, length=10, at=AT)
    )


def test_a_download_manager_that_resumes_starts_another_transfer() -> None:
    STARTED.when(start_download(first=60, length=40)).then(
        DownloadStarted(number=2, first=60, length=40, at=AT)
    )


def test_a_link_works_until_it_expires() -> None:
    last_moment = LATER - timedelta(microseconds=1)
    GRANTED.when(start_download(at=last_moment)).then(
        DownloadStarted(number=1, first=0, length=100, at=last_moment)
    )


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_an_expired_link_gives_nothing(late: timedelta) -> None:
    GRANTED.when(start_download(at=LATER + late)).raises(GrantExpired)


def test_a_grant_that_is_used_at_once_has_no_end() -> None:
    used_at_once = DOWNLOADS.told(grant(via=Via.KEY, expires_at=None))
    used_at_once.when(start_download(at=LATER)).then(
        DownloadStarted(number=1, first=0, length=100, at=LATER)
    )


def test_a_transfer_ends_with_the_bytes_that_were_sent() -> None:
    STARTED.when(end_download(sent=60)).then(DownloadEnded(number=1, sent=60, at=AT))


def test_a_transfer_may_end_after_its_link_expired() -> None:
    late = EndDownload(number=1, sent=100, at=LATER)
    STARTED.when(late).then(DownloadEnded(number=1, sent=100, at=LATER))


def test_a_transfer_ends_once() -> None:
    STARTED.told(end_download(sent=60)).when(end_download(sent=100)).then()


@pytest.mark.parametrize("number", [0, 2])
def test_a_transfer_that_was_not_started_does_not_end(number: int) -> None:
    STARTED.when(end_download(number)).raises(TransferUnknown)


@pytest.mark.parametrize("command", [start_download(), end_download()])
def test_nothing_is_transferred_without_a_grant(command: StartDownload | EndDownload) -> None:
    DOWNLOADS.given().when(command).raises(DownloadUnknown)


def test_a_history_begins_with_a_grant() -> None:
    with pytest.raises(ValueError, match="can't begin with DownloadEnded"):
        evolve(None, DownloadEnded(number=1, sent=1, at=AT))


def test_an_error_says_its_rule_or_what_it_was_told() -> None:
    assert str(GrantExpired()) == "This download link has expired. Ask for a new one."
    assert str(GrantExpired("gone")) == "gone"


@given(ends=st.lists(st.integers(1, 5), max_size=12), starts=st.integers(1, 5))
def test_every_transfer_has_one_start_and_at_most_one_end(ends: list[int], starts: int) -> None:
    download = GRANTED.told(*[start_download()] * starts)
    for number in ends:
        if number <= starts:
            download = download.told(end_download(number, sent=number))
    assert sorted(download.known.started) == list(range(1, starts + 1))
    assert download.known.ended == {number: number for number in ends if number <= starts}
