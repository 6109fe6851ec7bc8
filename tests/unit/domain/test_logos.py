"""Images that come with a request are what they say, or refused with what to do."""

from __future__ import annotations

import zlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.formats import FormatInvalid, parse_format
from domain.logos import JpegLogo, LogoInvalid, PngLogo, read_logo
from tests.images import JPEG, SIGNATURE, chunk, header, png

_GOOD = png(2, 1, 3, b"\0" + bytes(6))
_END = chunk(b"IEND", b"")


def _read(data: bytes) -> JpegLogo | PngLogo:
    return read_logo(b64encode(data).decode())


def test_a_png_is_read() -> None:
    logo = _read(_GOOD)
    assert isinstance(logo, PngLogo)
    assert (logo.width, logo.height, logo.channels) == (2, 1, 3)
    assert logo.rows == b"\0" + bytes(6)


def test_a_jpeg_is_read() -> None:
    logo = _read(JPEG)
    assert isinstance(logo, JpegLogo)
    assert (logo.width, logo.height, logo.channels) == (2, 1, 1)


def _packed(rows: bytes) -> bytes:
    return chunk(b"IDAT", zlib.compress(rows))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "neither"),
        (b"GIF89a", "neither"),
        (b"<svg/>", "neither"),
        (SIGNATURE, "too early"),
        (SIGNATURE + _END, "header"),
        (_GOOD[:-1], "too early"),
        (_GOOD + b"x", "too late"),
        (_GOOD.replace(b"IDAT", b"IDOT"), "checksum"),
        (SIGNATURE + header(2, 1) + chunk(b"ABCD", b"") + _END, "nobody knows"),
        (SIGNATURE + header(2, 1) + chunk(b"tRNS", bytes(6)) + _packed(bytes(7)) + _END, "RGBA"),
        (SIGNATURE + header(2, 1, colours=3) + _END, "palette"),
        (SIGNATURE + header(2, 1, colours=3) + chunk(b"PLTE", b"12") + _END, "palette"),
        (SIGNATURE + header(2, 1, colours=3) + chunk(b"PLTE", bytes(771)) + _END, "palette"),
        (SIGNATURE + header(2, 1, depth=16) + _END, "depth"),
        (SIGNATURE + header(2, 1, interlaced=1) + _END, "interlaced"),
        (SIGNATURE + header(0, 1) + _END, "pixels"),
        (SIGNATURE + header(2**31 - 1, 2**31 - 1) + _END, "pixels"),
        (SIGNATURE + header(2, 1) + _packed(bytes(6)) + _END, "too few"),
        (SIGNATURE + header(2, 1) + _packed(bytes(8)) + _END, "too many"),
        (SIGNATURE + header(2, 1) + _packed(bytes(10_000_000)) + _END, "too many"),
        (SIGNATURE + header(2, 1) + chunk(b"IDAT", b"no zlib") + _END, "can't be read"),
        (SIGNATURE + header(2, 1) + _packed(b"\5" + bytes(6)) + _END, "filter"),
        (JPEG[:-1], "too early"),
        (JPEG[:4] + b"\xff\xd9", "damaged JPEG"),
        (b"\xff\xd8\xff\xff\xff\xd9", "damaged JPEG"),
        (JPEG.replace(b"\xff\xc0\x00\x0b\x08", b"\xff\xc0\x00\x0b\x0c"), "neither grey"),
        (JPEG.replace(b"\x08\x00\x01\x00\x02", b"\x08\x00\x00\x00\x02"), "pixels"),
    ],
)
def test_what_is_no_small_whole_image_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(LogoInvalid, match=problem):
        _read(data)


@given(st.binary(max_size=60), st.sampled_from([SIGNATURE, b"\xff\xd8\xff", _GOOD[:40], JPEG[:30]]))
def test_any_bytes_are_read_or_refused(data: bytes, before: bytes) -> None:
    for end in (b"", b"\xff\xd9", _END):
        try:
            _read(before + data + end)
        except LogoInvalid:
            continue


@pytest.mark.parametrize("text", ["not base64!", "AAA", b64encode(_GOOD).decode() + "\n", "é"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(LogoInvalid, match="base64"):
        read_logo(text)


def test_too_large_an_image_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(LogoInvalid, match="at most 65536"):
        read_logo("A" * 65_540)


@pytest.mark.parametrize("value", [7, "AAAA", ["a"]])
def test_the_option_is_told_where_it_is(value: object) -> None:
    with pytest.raises(FormatInvalid, match="/options/logo"):
        parse_format({"format": "pdf", "options": {"logo": value}})
