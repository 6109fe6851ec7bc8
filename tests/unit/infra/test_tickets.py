"""A ticket comes back as it was issued, until it expires, and can't be made or changed."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.key_encryption import KeyEncryptionKey
from infra.tickets import (
    LONGEST_TEXT,
    Ticket,
    TicketExpired,
    TicketInvalid,
    TicketTooLong,
    issue,
    read,
    ticket_secret,
)

SECRET = ticket_secret(KeyEncryptionKey(b"\7" * 32))
TICKET = Ticket(
    download_id=UUID("0d9b0c5e-7d0a-4a83-8f0a-2f6f3b1f9d20"),
    export_id=UUID("5f0c7a52-4a0e-4c6e-9a39-6f0f6d2f7b11"),
    file="csv.gz",
    workspace="finance",
    principal=UUID("c2a1e6f4-1b6e-4f7f-8a55-0c1d7f3f4e02"),
    expires_at=1_800_000_000,
)
BEFORE = datetime.fromtimestamp(TICKET.expires_at - 1, UTC)


@given(
    st.builds(
        Ticket,
        download_id=st.uuids(),
        export_id=st.uuids(),
        file=st.text(st.characters(exclude_categories=["Cs"]), max_size=15),
        workspace=st.text(st.characters(exclude_categories=["Cs"]), max_size=17),
        principal=st.uuids(),
        expires_at=st.integers(TICKET.expires_at, 2**63),
    )
)
def test_a_ticket_comes_back_as_it_was_issued(ticket: Ticket) -> None:
    text = issue(SECRET, ticket)
    assert read(SECRET, text, BEFORE) == ticket
    assert len(text) <= LONGEST_TEXT


def test_a_ticket_is_short_and_safe_in_a_url() -> None:
    text = issue(SECRET, TICKET)
    assert len(text) < 150
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_ticket_is_void_from_its_last_second_on() -> None:
    text = issue(SECRET, TICKET)
    with pytest.raises(TicketExpired):
        read(SECRET, text, datetime.fromtimestamp(TICKET.expires_at, UTC))


def test_any_changed_bit_makes_it_invalid() -> None:
    raw = base64.urlsafe_b64decode(_padded(issue(SECRET, TICKET)))
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1
        text = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
        with pytest.raises(TicketInvalid):
            read(SECRET, text, BEFORE)


def test_an_expired_ticket_that_was_changed_is_invalid_not_expired() -> None:
    text = issue(SECRET, TICKET)
    with pytest.raises(TicketInvalid):
        read(SECRET, text[:-2], datetime.fromtimestamp(TICKET.expires_at + 9, UTC))


def test_names_can_not_be_shifted_into_one_another() -> None:
    one = issue(SECRET, replace(TICKET, file="a", workspace="bc"))
    other = issue(SECRET, replace(TICKET, file="ab", workspace="c"))
    assert one[:43] != other[:43]


def test_another_secret_s_ticket_is_invalid() -> None:
    with pytest.raises(TicketInvalid):
        read(b"x" * 32, issue(SECRET, TICKET), BEFORE)


def test_a_ticket_of_another_version_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.tickets._VERSION", 2)
    text = issue(SECRET, TICKET)
    monkeypatch.undo()
    with pytest.raises(TicketInvalid):
        read(SECRET, text, BEFORE)


@given(st.text(max_size=400))
def test_any_other_text_is_invalid(text: str) -> None:
    with pytest.raises(TicketInvalid):
        read(SECRET, text, BEFORE)


@pytest.mark.parametrize("spoil", ["{}=", "{}\n", " {}", "{}AAAA"])
def test_one_ticket_has_one_text(spoil: str) -> None:
    with pytest.raises(TicketInvalid):
        read(SECRET, spoil.format(issue(SECRET, TICKET)), BEFORE)


@pytest.mark.parametrize(("file", "workspace"), [("x" * 256, "a"), ("csv", "w" * 133)])
def test_names_that_are_too_long_are_refused(file: str, workspace: str) -> None:
    with pytest.raises(TicketTooLong):
        issue(SECRET, replace(TICKET, file=file, workspace=workspace))


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
