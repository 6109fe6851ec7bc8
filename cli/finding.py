"""One look at an installation and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cli.refusals import DATABASE_ADVICE, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`ok` is None for what is neither right nor wrong."""

    name: str
    ok: bool | None
    detail: str
    advice: str = ""


def looked(name: str, look: Callable[[], Iterator[Finding]], advice: str = "") -> Iterator[Finding]:
    try:
        yield from list(look())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        yield wrong(name, error, advice)


def wrong(name: str, error: Exception, advice: str = "") -> Finding:
    known = refusal(error)
    detail = str(known).removesuffix(DATABASE_ADVICE) if known else type(error).__name__
    return Finding(name=name, ok=False, detail=detail, advice=advice)
