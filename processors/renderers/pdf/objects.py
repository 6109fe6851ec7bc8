"""The objects of a PDF in the order of the file, and the table of where each begins.
(ISO 32000-1, 7.3 and 7.5)"""

from __future__ import annotations

import hashlib
from array import array
from typing import Final

from zlib_ng import zlib_ng

from domain.formats import GZIP_LEVEL

READY_BYTES: Final = 1 << 20


class Objects:
    """Collects the bytes of a file; `take` them as often as there are enough."""

    def __init__(self) -> None:
        self._offsets = array("Q", [0])
        self._size = 0
        self._ready: list[bytes] = []
        self._digest = hashlib.sha256()
        self._waiting = 0
        self._put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    @property
    def enough(self) -> bool:
        return self._waiting >= READY_BYTES

    def reserve(self) -> int:
        """The number of an object that others may point to before it is written."""
        self._offsets.append(0)
        return len(self._offsets) - 1

    def write(self, number: int, content: bytes) -> None:
        self._offsets[number] = self._size
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, content))

    def add(self, content: bytes) -> int:
        number = self.reserve()
        self.write(number, content)
        return number

    def stream(self, entries: bytes, content: bytes) -> int:
        """Adds a stream, deflated; `entries` are its dictionary's beside filter and length."""
        deflated = deflate(content)
        return self.add(
            b"<<%b/Filter/FlateDecode/Length %d>>stream\n%b\nendstream"
            % (entries, len(deflated), deflated)
        )

    def finish(self, root: int, info: int) -> None:
        """Writes the cross-reference table. The file's id comes from its content."""
        start = self._size
        entries = [b"%010d 00000 n \n" % offset for offset in self._offsets[1:]]
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % len(self._offsets))
        self._put(b"".join(entries))
        identity = self._digest.hexdigest()[:32].encode()
        self._put(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]>>\nstartxref\n%d\n%%%%EOF\n"
            % (len(self._offsets), root, info, identity, identity, start)
        )

    def take(self) -> bytes:
        ready = b"".join(self._ready)
        self._ready.clear()
        self._waiting = 0
        return ready

    def _put(self, data: bytes) -> None:
        self._ready.append(data)
        self._size += len(data)
        self._waiting += len(data)
        self._digest.update(data)


def deflate(content: bytes) -> bytes:
    """As zlib-ng does it at a level that gives the same bytes on every processor (RFC 1950); in
    fixed slices, as for other files."""
    deflater = zlib_ng.compressobj(GZIP_LEVEL)
    view = memoryview(content)
    deflated = [
        deflater.compress(view[start : start + READY_BYTES])
        for start in range(0, len(content), READY_BYTES)
    ]
    return b"".join([*deflated, deflater.flush()])


def text_string(text: str) -> bytes:
    """A text outside of content, such as the title."""
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode()
