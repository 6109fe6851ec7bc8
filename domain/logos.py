"""Small images that come with a request: PNG or JPEG in base64. Whoever draws them needn't doubt
them: all that is read here is checked here, down to the length of the pixels."""

from __future__ import annotations

import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.json_reading import ValueRefused, kind

MOST_BASE64: Final = 64 * 1024
"""Characters, for 48 KiB: a request is kept for ever, with all that is in it."""
MOST_PIXELS: Final = 500_000


class LogoInvalid(Exception):
    """The image can't be used. The message says which can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """`channels` are 1 for grey, 3 for colours, 2 and 4 with transparency behind them."""

    width: int
    height: int
    channels: int

    def fitted(self, room: tuple[int, int]) -> tuple[int, int]:
        """Width and height, as large as the room allows, in whole units of it."""
        wide, high = room
        width = min(wide, high * self.width // self.height)
        height = min(high, wide * self.height // self.width)
        return max(1, width), max(1, height)


@dataclass(frozen=True, slots=True, kw_only=True)
class JpegLogo(Logo):
    """`data` is the whole file."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PngLogo(Logo):
    """`rows` are its pixels of 8 bits a channel, each row behind the number of its filter (PNG
    specification, chapter 9). With a `palette` they are numbers of its 256 colours, each of red,
    green, blue and opacity."""

    rows: bytes
    palette: bytes = b""


def logo(json: object) -> str | None:
    """A small image in base64, or null for none."""
    if json is None:
        return None
    if not isinstance(json, str):
        raise ValueRefused(f"must be a PNG or JPEG image in base64, or null; not {kind(json)}")
    try:
        read_logo(json)
    except LogoInvalid as invalid:
        raise ValueRefused(str(invalid)) from invalid
    return json


def read_logo(base64: str) -> JpegLogo | PngLogo:
    """Raises `LogoInvalid`."""
    if len(base64) > MOST_BASE64:
        raise LogoInvalid(f"must have at most {MOST_BASE64} characters; make the image smaller")
    try:
        data = b64decode(base64, validate=True)
    except (NotBase64, ValueError) as error:
        raise LogoInvalid("must be a PNG or JPEG image in base64, and nothing else") from error
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(_JPEG):
        return _jpeg(data)
    raise LogoInvalid("is neither a PNG nor a JPEG image")


_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By the colour type of a PNG."""
_PALETTE: Final = 3
_FRAMES: Final = {0xC0, 0xC1, 0xC2}
"""JPEG's frames that every reader of PDFs knows: baseline, extended, progressive."""
_ALONE: Final = {0x01, *range(0xD0, 0xD8)}
"""JPEG's markers without a length."""


def _png(data: bytes) -> PngLogo:
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise LogoInvalid("is a damaged PNG: its header is not where it belongs")
    if any(name[:1].isupper() and name not in _KNOWN for name, _ in chunks):
        raise LogoInvalid("is a PNG with parts that nobody knows; save it anew")
    header = chunks[0][1]
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    depth, colours, *methods = header[8:]
    if depth != 8 or colours not in _CHANNELS or methods != [0, 0, 0]:
        raise LogoInvalid(
            "is a PNG of another depth than 8 bits, or interlaced; save it as RGB or RGBA, not "
            "interlaced"
        )
    _check_size(width, height)
    palette = _palette(chunks) if colours == _PALETTE else b""
    if not palette and any(name == b"tRNS" for name, _ in chunks):
        raise LogoInvalid("is a PNG with a transparent colour; save it as RGBA")
    packed = b"".join(content for name, content in chunks if name == b"IDAT")
    channels = _CHANNELS[colours]
    rows = _inflated(packed, height * (1 + width * channels))
    if any(rows[start] > _MOST_FILTER for start in range(0, len(rows), 1 + width * channels)):
        raise LogoInvalid("is a damaged PNG: a row has no known filter")
    return PngLogo(width=width, height=height, channels=channels, rows=rows, palette=palette)


_KNOWN: Final = {b"IHDR", b"IDAT", b"IEND", b"PLTE"}
_MOST_FILTER: Final = 4


def _palette(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Colours that it doesn't have are opaque black."""
    colours = b"".join(content for name, content in chunks if name == b"PLTE")
    opacities = b"".join(content for name, content in chunks if name == b"tRNS")
    if not colours or len(colours) % 3 or len(colours) > 768 or len(opacities) > 256:
        raise LogoInvalid("is a damaged PNG: its palette is no palette")
    whole = colours.ljust(768, b"\0"), opacities.ljust(256, b"\xff")
    return b"".join(whole[0][3 * at : 3 * at + 3] + whole[1][at : at + 1] for at in range(256))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents, up to the end, which must be the file's."""
    at, name = len(_PNG), b""
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        content, check = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        if int.from_bytes(check) != zlib.crc32(name + content) or len(check) != 4:
            raise LogoInvalid("is a damaged PNG: a checksum is wrong")
        yield name, content
        at += 12 + length
        if name == b"IEND":
            break
    if name != b"IEND" or at != len(data):
        raise LogoInvalid("is a damaged PNG: it ends too early or too late")


def _inflated(packed: bytes, length: int) -> bytes:
    """Never more than one byte too many, whatever the stream holds."""
    inflating = zlib.decompressobj()
    try:
        rows = inflating.decompress(packed, length + 1)
    except zlib.error as error:
        raise LogoInvalid("is a damaged PNG: its pixels can't be read") from error
    if len(rows) != length or not inflating.eof or inflating.unused_data:
        raise LogoInvalid("is a damaged PNG: it has too few or too many pixels")
    return rows


def _jpeg(data: bytes) -> JpegLogo:
    if not data.endswith(b"\xff\xd9"):
        raise LogoInvalid("is a damaged JPEG: it ends too early or too late")
    for marker, content in _segments(data):
        if marker in _FRAMES and len(content) >= 6:
            height, width = int.from_bytes(content[1:3]), int.from_bytes(content[3:5])
            if content[0] != 8 or content[5] not in (1, 3):
                raise LogoInvalid("is a JPEG that is neither grey nor RGB; save it as one of these")
            _check_size(width, height)
            return JpegLogo(width=width, height=height, channels=content[5], data=data)
    raise LogoInvalid("is a damaged JPEG, or one of a kind that PDF doesn't know; save it anew")


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Up to the pixels."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xDA or length < 2 or at + 2 + length > len(data):
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _check_size(width: int, height: int) -> None:
    if not width or not height or width * height > MOST_PIXELS:
        raise LogoInvalid(f"must have 1 to {MOST_PIXELS:,} pixels, not {width:,} x {height:,}")
