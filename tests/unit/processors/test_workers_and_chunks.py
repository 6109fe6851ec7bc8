"""An export's files are the same bytes, however many workers made them, in whichever chunks and in
whatever order."""

from __future__ import annotations

from functools import cache
from uuid import UUID

import pytest

from domain import layout
from domain.exports.state import Status
from domain.formats import Compression, Format, parse_format
from domain.leases import Workforce
from processors.dispatch import dispatch
from processors.queue_work import queue_work
from tests.processing import World
from tests.unit.processors.small_chunks import file_of, plan_small_chunks, world_of

FORMATS = [
    *({"format": name.value} for name in Format),
    *(
        {"format": name.value, "compression": how.value}
        for name in (Format.CSV, Format.NDJSON, Format.JSON)
        for how in (Compression.GZIP, Compression.ZSTD)
    ),
]
NAMES = [parse_format(each).extension for each in FORMATS]
_FRAGMENT_ROWS = 2
_TEXTS = (
    *(b"plain", rb"two\nlines", b'"quoted", =1+1', "Łódź שלום".encode(), b"", rb"\N"),
    b"no UTF-8: \xff",
)
_LINES = [b"%d\t%b" % (number, _TEXTS[number % len(_TEXTS)]) for number in range(49)]
_EXPORT, _PERSON = UUID(int=7), UUID(int=9)
_ALONE = (1, 1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("workers", "fragments"), [(1, 8), (3, 1), (3, 8), (3, 100)])
def test_neither_workers_nor_chunks_change_a_byte(name: str, workers: int, fragments: int) -> None:
    assert _made(workers, fragments)[name] == _made(*_ALONE)[name]


def test_the_rows_that_were_left_out_are_the_same_too() -> None:
    rejected = _made(*_ALONE)["csv, left out"]
    assert rejected.count(b"\n") == 7
    assert _made(3, 8)["csv, left out"] == rejected


@cache
def _made(workers: int, fragments: int) -> dict[str, bytes]:
    """All files of one export, by so many workers in chunks of so many fragments."""
    world = world_of(_LINES)
    world.work.force = Workforce(workers=workers, renders=workers, extractions=1, taken={})
    world.request(*FORMATS, export_id=_EXPORT, requested_by=_PERSON)
    plan_small_chunks(world, _EXPORT, _FRAGMENT_ROWS, fragments)
    _finish(world, workers)
    assert world.export(_EXPORT).status is Status.COMPLETED
    assert len(world.export(_EXPORT).parts("csv")) == -(-25 // fragments)
    key = world.keys.obtain(layout.file_key(_EXPORT, "csv"))
    left_out = world.sealed.get(layout.rejections(_EXPORT, 1, "csv"), key)
    return {name: file_of(world, _EXPORT, name) for name in NAMES} | {"csv, left out": left_out}


def _finish(world: World, workers: int) -> None:
    """Each round's jobs are done in turn, the last one first."""
    crew = [world.another_worker(f"w{number}") for number in range(workers)]
    while dispatch(world.work, world.jobs):
        released, world.jobs.released = world.jobs.released, []
        for number, job in enumerate(reversed(released)):
            crew[number % workers].claim_and_do(job)
            queue_work(_EXPORT, world.ports)
