"""Logos in PDFs: pixel by pixel what the image has."""

from __future__ import annotations

import zlib
from base64 import b64encode
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from domain.datasets import FieldType
from domain.formats import parse_format
from domain.ports import Fragment
from processors.renderers import Column, RenderPlan, prepare
from tests.images import JPEG, SIGNATURE, chunk, header, png, png_row
from tests.joined import joined

_COLUMNS = (Column(name="text", label="Text", type=FieldType.TEXT),)


def _file(image: bytes, **more: object) -> bytes:
    options = {"logo": b64encode(image).decode(), **more}
    spec = parse_format({"format": "pdf", "options": options})
    frame = prepare(RenderPlan(spec=spec, columns=_COLUMNS))
    return joined(frame, [frame.render(Fragment(rows=1, data=b"x\n"))])


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_filter_gives_the_pixels_back(kind: int, channels: int) -> None:
    rows = [bytes((7 * row + 31 * at) % 256 for at in range(5 * channels)) for row in range(3)]
    above = bytes(5 * channels)
    filtered = []
    for row in rows:
        filtered.append(png_row(kind, row, above, channels))
        above = row
    file = _file(png(5, 3, channels, b"".join(filtered)))
    with pikepdf.open(BytesIO(file)) as document:
        image = document.pages[0].resources.XObject.L
        pixels = b"".join(rows)
        shown = image.read_bytes()
        if channels in (2, 4):
            opacity = image.SMask.read_bytes()
            assert opacity == pixels[channels - 1 :: channels]
        colours = {1: 1, 2: 1, 3: 3, 4: 3}[channels]
        for channel in range(colours):
            assert shown[channel::colours] == pixels[channel::channels]


def test_a_jpeg_is_taken_over_as_it_is() -> None:
    with pikepdf.open(BytesIO(_file(JPEG))) as document:
        assert document.check_pdf_syntax() == []
        image = document.pages[0].resources.XObject.L
        assert image.read_raw_bytes() == JPEG
        assert (int(image.Width), int(image.Height)) == (2, 1)


def test_the_logo_is_on_the_cover_and_on_every_page() -> None:
    red = png(4, 2, 3, b"\0" + b"\xff\0\0" * 4 + b"\0" + b"\xff\0\0" * 4)
    with pypdfium2.PdfDocument(_file(red)) as document:
        for page in document:
            assert b"\x00\x00\xff" in bytes(page.render(scale=1).buffer)


def test_a_logo_wider_than_a_page_is_made_to_fit() -> None:
    wide = png(4000, 1, 1, b"\0" + bytes(4000))
    for pages in ({"cover": False}, {"page": "a5", "margin": 100, "orientation": "portrait"}):
        with pypdfium2.PdfDocument(_file(wide, **pages)) as document:
            assert len(document) > 0


def test_without_a_logo_there_is_no_image() -> None:
    spec = parse_format({"format": "pdf", "options": {"logo": None}})
    frame = prepare(RenderPlan(spec=spec, columns=_COLUMNS))
    assert b"/Subtype/Image" not in joined(frame, [])


def test_pixels_of_a_packed_image_are_deflated_once_more_by_us() -> None:
    """So that the bytes don't depend on who made the image."""
    pixels = b"\0" + bytes(30)
    one, other = (png(10, 1, 3, pixels, zlib.compress(pixels, level)) for level in (1, 9))
    assert one != other
    assert _file(one) == _file(other)


def test_a_palette_becomes_its_colours_and_their_opacity() -> None:
    palette = chunk(b"PLTE", b"\1\2\3\4\5\6")
    rows = chunk(b"IDAT", zlib.compress(b"\0\1\0\1"))
    for opacity, expected in ((b"", None), (chunk(b"tRNS", b"\x80"), b"\xff\x80\xff")):
        parts = (SIGNATURE, header(3, 1, colours=3), palette, opacity, rows, chunk(b"IEND", b""))
        with pikepdf.open(BytesIO(_file(b"".join(parts)))) as document:
            image = document.pages[0].resources.XObject.L
            assert image.read_bytes() == b"\4\5\6\1\2\3\4\5\6"
            mask = image.get("/SMask")
            assert (None if mask is None else mask.read_bytes()) == expected
