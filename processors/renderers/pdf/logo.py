"""The logo as an image in the file, and where it stands. (ISO 32000-1, 8.9.5 and 11.6.5.3)"""

from __future__ import annotations

from domain.logos import JpegLogo, PngLogo
from processors.renderers.pdf.objects import Objects

Logo = JpegLogo | PngLogo


def image(objects: Objects, logo: Logo) -> int:
    """Adds the image; the answer is its object's number."""
    match logo:
        case JpegLogo():
            return objects.add(
                b"<<%b/Filter/DCTDecode/Length %d>>stream\n%b\nendstream"
                % (_entries(logo, logo.channels), len(logo.data), logo.data)
            )
        case PngLogo():
            return _png(objects, logo)


def drawn(logo: Logo, left: int, lower: int, room: tuple[int, int]) -> bytes:
    """In the lower left of a room that it fits into."""
    width, height = logo.fitted(room)
    return b"q %d 0 0 %d %d %d cm /L Do Q" % (width, height, left, lower)


def _entries(logo: Logo, channels: int) -> bytes:
    space = b"DeviceGray" if channels == 1 else b"DeviceRGB"
    return b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%b/BitsPerComponent 8" % (
        *(logo.width, logo.height, space),
    )


def _png(objects: Objects, logo: PngLogo) -> int:
    """Its pixels, and apart from them how opaque they are."""
    colours, opacity = _separated(logo, _unfiltered(logo))
    entries = _entries(logo, len(colours))
    if opacity is not None:
        entries += b"/SMask %d 0 R" % objects.stream(_entries(logo, 1), opacity)
    together = bytearray(logo.width * logo.height * len(colours))
    for number, channel in enumerate(colours):
        together[number :: len(colours)] = channel
    return objects.stream(entries, bytes(together))


def _separated(logo: PngLogo, pixels: bytes) -> tuple[list[bytes], bytes | None]:
    """Each colour's channel, and that of opacity if there is one."""
    if logo.palette:
        *colours, opacity = (pixels.translate(logo.palette[channel::4]) for channel in range(4))
        return colours, opacity if logo.palette[3::4].strip(b"\xff") else None
    channels = [pixels[channel :: logo.channels] for channel in range(logo.channels)]
    return (channels[:-1], channels[-1]) if logo.channels in (2, 4) else (channels, None)


def _unfiltered(logo: PngLogo) -> bytes:
    """The pixels as they are (PNG specification, 9.2)."""
    length, step = logo.width * logo.channels, logo.channels
    above, pixels = bytes(length), []
    for start in range(0, len(logo.rows), length + 1):
        row = logo.rows[start + 1 : start + 1 + length]
        above = _row(logo.rows[start], row, above, step)
        pixels.append(above)
    return b"".join(pixels)


def _row(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes([(one + up) & 255 for one, up in zip(row, above, strict=True)])
    done = bytearray(step)  # what is left of the first pixel
    corners = bytes(step) + above
    for at, one in enumerate(row):
        left = done[at]
        match kind:
            case 1:
                guess = left
            case 3:
                guess = (left + above[at]) >> 1
            case _:
                guess = _paeth(left, above[at], corners[at])
        done.append((one + guess) & 255)
    return bytes(done[step:])


def _paeth(left: int, up: int, corner: int) -> int:
    from_left, from_up = abs(up - corner), abs(left - corner)
    from_corner = abs(left + up - 2 * corner)
    if from_left <= from_up and from_left <= from_corner:
        return left
    return up if from_up <= from_corner else corner
