"""A small way to say what becomes of a few values in a workbook."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import decompressobj

from domain.datasets import FieldType
from domain.formats import Format, FormatSpec, XlsxOptions
from domain.ports import Fragment
from processors.renderers import Column, Facts, Part, RenderPlan, prepare
from processors.renderers.xlsx.frame import XlsxFrame
from tests.joined import joined


def frame(
    options: XlsxOptions,
    *types: FieldType,
    labels: Sequence[str] = (),
    facts: Facts | None = None,
) -> XlsxFrame:
    """Of columns `a`, `b`, … labelled `A`, `B`, …"""
    names = [f"{chr(97 + number % 26)}{number // 26 or ''}" for number in range(len(types))]
    columns = tuple(
        Column(name=name, label=label, type=type_)
        for name, label, type_ in zip(
            names, labels or [name.upper() for name in names], types, strict=True
        )
    )
    spec = FormatSpec(format=Format.XLSX, options=options)
    found = prepare.__wrapped__(RenderPlan(spec=spec, columns=columns, facts=facts))
    assert isinstance(found, XlsxFrame)
    return found


def fragment(*lines: bytes) -> Fragment:
    """Of COPY text given line by line."""
    return Fragment(rows=len(lines), data=b"".join(line + b"\n" for line in lines))


def workbook(options: XlsxOptions, types: Sequence[FieldType], *lines: bytes) -> bytes:
    made = frame(options, *types)
    return joined(made, [made.render(fragment(*lines))])


def cells(type_: FieldType, *values: bytes, **options: object) -> list[str]:
    """The XML of cells of one type, without their style."""
    part = frame(XlsxOptions(**options), type_).render(fragment(*values))  # type: ignore[arg-type]  # by name
    assert not part.rejected
    rows = re.findall("<row>(.*?)</row>", inflated(part), re.DOTALL)
    return [re.sub('^<c(?: s="[0-9]+")?', "<c", row) for row in rows]


def inflated(part: Part) -> str:
    return decompressobj(-15).decompress(part.data).decode()
