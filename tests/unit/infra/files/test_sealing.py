"""What is sealed comes back whole, or not at all."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ports import FileBroken
from infra.files.sealing import (
    FRAME,
    SealBroken,
    frame_span,
    plain_size,
    seal,
    sealed_size,
    unseal,
    unseal_span,
)

KEY = bytes(range(32))
SEALED_FRAME = FRAME + 28
SIZES = [0, 1, 100, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 3 * FRAME + 17]


def data_of(size: int) -> bytes:
    return os.urandom(size)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back(size: int) -> None:
    data = data_of(size)
    sealed = seal(KEY, "a/b", data)
    assert unseal(KEY, "a/b", sealed) == data
    assert len(sealed) == sealed_size(size)
    assert plain_size(len(sealed)) == size


def test_the_plain_bytes_are_not_in_the_sealed_ones() -> None:
    assert b"customer" not in seal(KEY, "a", b"customer" * 1000)


def test_no_nonce_comes_twice_for_the_same_object() -> None:
    sealed = [seal(KEY, "a", b"x" * (3 * FRAME)) for _ in range(20)]
    nonces = {one[at : at + 12] for one in sealed for at in range(0, len(one), SEALED_FRAME)}
    assert len(nonces) == 60


@pytest.mark.parametrize("at", [0, 11, 12, 500, FRAME + 27, FRAME + 28, -1])
def test_one_changed_bit_breaks_the_seal(at: int) -> None:
    sealed = bytearray(seal(KEY, "a", data_of(2 * FRAME)))
    sealed[at] ^= 1
    with pytest.raises(SealBroken):
        unseal(KEY, "a", bytes(sealed))


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        unseal(bytes(32), "a", seal(KEY, "a", b"x"))


def test_an_object_can_not_stand_in_for_another() -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, "parts/csv/2", seal(KEY, "parts/csv/1", b"x"))


def test_a_context_can_not_be_shifted_into_the_frame_number() -> None:
    sealed = seal(KEY, "a\0\0", b"x")
    with pytest.raises(SealBroken):
        unseal(KEY, "a\0", sealed)


@pytest.mark.parametrize("frames", [1, 2])
def test_frames_cut_off_at_the_end_break_the_seal(frames: int) -> None:
    sealed = seal(KEY, "a", data_of(3 * FRAME))
    with pytest.raises(SealBroken):
        unseal(KEY, "a", sealed[: frames * SEALED_FRAME])


def test_frames_cut_off_at_the_start_break_the_seal() -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, "a", seal(KEY, "a", data_of(3 * FRAME))[SEALED_FRAME:])


def test_frames_in_another_order_break_the_seal() -> None:
    sealed = seal(KEY, "a", data_of(3 * FRAME))
    first, second, third = (
        sealed[at : at + SEALED_FRAME] for at in (0, SEALED_FRAME, 2 * SEALED_FRAME)
    )
    for shuffled in (second + first + third, first + first + third, first + third + second):
        with pytest.raises(SealBroken):
            unseal(KEY, "a", shuffled)


def test_a_frame_of_an_earlier_rendering_fits_only_where_it_was() -> None:
    """Both renderings are the same bytes by design, so this mixes nothing that differs."""
    data = data_of(2 * FRAME)
    first, second = seal(KEY, "a", data), seal(KEY, "a", data)
    assert unseal(KEY, "a", first[:SEALED_FRAME] + second[SEALED_FRAME:]) == data


@pytest.mark.parametrize("cut", [1, 27, FRAME])
def test_a_length_that_nothing_sealed_has_is_broken(cut: int) -> None:
    sealed = seal(KEY, "a", b"x" * FRAME)
    with pytest.raises(SealBroken):
        unseal(KEY, "a", sealed[:-cut])
    with pytest.raises(FileBroken):
        unseal(KEY, "a", b"")


@given(st.integers(0, 4 * FRAME), st.integers(0, 4 * FRAME), st.integers(0, 4 * FRAME))
def test_a_span_is_the_slice(size: int, start: int, length: int) -> None:
    data = bytes(size)
    sealed = seal(KEY, "a", data)
    span = frame_span(start, length, size)
    fetched = sealed[span.start : span.start + span.length]
    assert len(fetched) == span.length <= length + 2 * SEALED_FRAME
    assert unseal_span(KEY, "a", fetched, start, length, size) == data[start : start + length]


@pytest.mark.parametrize(
    ("start", "length"), [(0, 1), (FRAME - 1, 2), (FRAME, FRAME), (2 * FRAME + 5, 10**9), (5, 0)]
)
def test_a_span_holds_the_right_bytes(start: int, length: int) -> None:
    data = data_of(3 * FRAME + 100)
    sealed = seal(KEY, "a", data)
    span = frame_span(start, length, len(data))
    fetched = sealed[span.start : span.start + span.length]
    assert unseal_span(KEY, "a", fetched, start, length, len(data)) == data[start : start + length]


def test_a_span_of_the_wrong_size_is_broken() -> None:
    sealed = seal(KEY, "a", data_of(3 * FRAME))
    with pytest.raises(SealBroken, match="were stored"):
        unseal_span(KEY, "a", sealed[: SEALED_FRAME - 1], 0, 10, 3 * FRAME)


def test_a_span_from_another_place_is_broken() -> None:
    sealed = seal(KEY, "a", data_of(3 * FRAME))
    with pytest.raises(SealBroken, match="doesn't open"):
        unseal_span(KEY, "a", sealed[:SEALED_FRAME], FRAME, 10, 3 * FRAME)


def test_a_wrong_size_in_the_manifest_is_noticed() -> None:
    """Who shortens a file in its manifest would have to make another frame the last one."""
    sealed = seal(KEY, "a", data_of(3 * FRAME))
    with pytest.raises(SealBroken):
        unseal_span(KEY, "a", sealed[SEALED_FRAME : 2 * SEALED_FRAME], FRAME, FRAME, 2 * FRAME)
