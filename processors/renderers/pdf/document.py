"""The pages of a file, and what they hang on. (ISO 32000-1, 7.7)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from processors.renderers.pdf.links import Link, annotation
from processors.renderers.pdf.objects import Objects

_KIDS: Final = 200
"""Pages to a node of the page tree, so that a reader finds one of many quickly."""


class Document:
    """Takes pages in their order."""

    def __init__(self, objects: Objects, width: int, height: int) -> None:
        self._objects = objects
        self._box = b"[0 0 %d %d]" % (width, height)
        self._root, self._tree, self._resources = (objects.reserve() for _ in range(3))
        self._nodes: list[tuple[int, list[int]]] = []

    def page(self, content: bytes, links: Sequence[Link] = ()) -> int:
        """Adds a page; the answer is its object's number."""
        if not self._nodes or len(self._nodes[-1][1]) == _KIDS:
            self._nodes.append((self._objects.reserve(), []))
        node, kids = self._nodes[-1]
        stream = self._objects.stream(b"", content)
        clicked = b"/Annots[%b]" % b"".join(map(annotation, links)) if links else b""
        kids.append(
            self._objects.add(
                b"<</Type/Page/Parent %d 0 R/Contents %d 0 R%b>>" % (node, stream, clicked)
            )
        )
        return kids[-1]

    def finish(
        self,
        fonts: bytes,
        furniture: bytes,
        info: bytes,
        outline: int | None = None,
        logo: int | None = None,
        language: bytes = b"",
    ) -> None:
        objects = self._objects
        image = b"" if logo is None else b"/L %d 0 R" % logo
        images = image and b"/XObject<<%b>>" % image
        form = objects.stream(
            b"/Type/XObject/Subtype/Form/BBox%b/Resources<</Font%b%b>>"
            % (self._box, fonts, images),
            furniture,
        )
        objects.write(self._resources, b"<</Font%b/XObject<</H %d 0 R%b>>>>" % (fonts, form, image))
        for node, kids in self._nodes:
            objects.write(
                node,
                b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>"
                % (self._tree, len(kids), _references(kids)),
            )
        objects.write(
            self._tree,
            b"<</Type/Pages/Count %d/MediaBox%b/Resources %d 0 R/Kids[%b]>>"
            % (
                *(sum(len(kids) for _, kids in self._nodes), self._box, self._resources),
                _references([node for node, _ in self._nodes]),
            ),
        )
        shown = b"" if outline is None else b"/Outlines %d 0 R/PageMode/UseOutlines" % outline
        said = language and b"/Lang(%b)" % language
        objects.write(
            self._root,
            b"<</Type/Catalog/Pages %d 0 R%b%b/ViewerPreferences<</DisplayDocTitle true>>>>"
            % (self._tree, shown, said),
        )
        objects.finish(self._root, objects.add(info))


def _references(numbers: list[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
