"""Answers as JSON Lines: as long as they like, with a page at a time in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from fastapi import Request
from pydantic import BaseModel

from api.streaming import Streamed

MEDIA_TYPE = "application/x-ndjson"

AS_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": f"One page, or all as JSON Lines with `Accept: {MEDIA_TYPE}`.",
        "content": {MEDIA_TYPE: {}},
    }
}
"""For a route's `responses`."""


def wants_lines(request: Request) -> bool:
    """Whether the caller names the media type: `*/*` means a document."""
    given = request.headers.get("accept", "").split(",")
    return MEDIA_TYPE in (each.partition(";")[0].strip().lower() for each in given)


async def lines(pages: Iterator[Sequence[BaseModel]]) -> Streamed:
    """The first page is asked for before the answer begins, so that a store that is away is said
    with a status. One that goes away later breaks the answer off: it is never only shorter."""
    first = await asyncio.to_thread(next, pages, ())
    return Streamed(_written(first, pages), headers={"Content-Type": MEDIA_TYPE})


async def _written(
    first: Sequence[BaseModel], pages: Iterator[Sequence[BaseModel]]
) -> AsyncGenerator[bytes, None]:
    page = first
    while page:
        yield b"".join(item.model_dump_json().encode() + b"\n" for item in page)
        page = await asyncio.to_thread(next, pages, ())
