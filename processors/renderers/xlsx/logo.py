"""The logo on the cover."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from typing import Any, Final

from openpyxl.drawing.image import Image

from domain.logos import read_logo


def add_logo(sheet: Any, base64: str) -> None:
    """In a row of its own, the first. The image is in the file as it came."""
    image = Image(BytesIO(b64decode(base64)))
    image.width, image.height = read_logo(base64).fitted(_ROOM)
    sheet.add_image(image, "A1")
    sheet.row_dimensions[1].height = (image.height + _MARGIN) * _POINTS


_ROOM: Final = (320, 72)
_MARGIN: Final = 8
"""Pixels, of which an inch has 96."""
_POINTS: Final = 72 / 96
