"""Traces whose numbers follow from what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from threading import Thread
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import traces
from schemas.traces import Place, Span

EXPORT = UUID("0b0f5c1e-8a51-4c0b-9d5f-2f6f0a1d7e11")


@pytest.fixture
def told() -> Iterator[list[Span]]:
    spans: list[Span] = []
    end = traces.send_to(spans.append)
    yield spans
    end()


def test_the_trace_of_an_export_is_its_id() -> None:
    assert traces.traceparent(EXPORT) == f"00-{EXPORT.hex}-12a46efe4736a9d2-01"


@given(st.uuids().filter(lambda each: each.int))
def test_what_is_written_can_be_read(aggregate_id: UUID) -> None:
    assert traces.read_traceparent(traces.traceparent(aggregate_id)) == traces.root(aggregate_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00-1-2-01",
        f"ff-{'1' * 32}-{'2' * 16}-01",
        f"00-{'0' * 32}-{'2' * 16}-01",
        f"00-{'1' * 32}-{'0' * 16}-01",
        f"00-{'A' * 32}-{'2' * 16}-01",
        f"00-{'1' * 32}-{'2' * 16}-01\n",
    ],
)
def test_what_is_no_traceparent_names_no_place(text: str) -> None:
    assert traces.read_traceparent(text) is None


def test_spans_of_any_process_hang_from_the_same_root(told: list[Span]) -> None:
    with traces.span("plan", EXPORT):
        pass
    thread = Thread(target=lambda: traces.note("relay batch", EXPORT, 1))
    thread.start()
    thread.join()
    assert [span.name for span in told] == ["plan", "relay batch"]
    assert {span.parent for span in told} == {traces.root(EXPORT).span_id}
    assert {span.place.trace_id for span in told} == {EXPORT.int}
    assert told[0].place != told[1].place


def test_a_step_within_a_step_hangs_from_it(told: list[Span]) -> None:
    with traces.span("extract", EXPORT), traces.span("record", EXPORT):
        pass
    record, extract = told
    assert record.parent == extract.place.span_id


def test_work_that_goes_on_elsewhere_stays_where_it_was(told: list[Span]) -> None:
    with traces.span("render", EXPORT):
        work = traces.current()

    def elsewhere() -> None:
        with traces.continued(work):
            traces.note("render chunk", EXPORT, 1)

    copy_context().run(elsewhere)
    render, chunk = told
    assert chunk.parent == render.place.span_id


def test_the_first_span_is_the_root_and_links_to_who_asked(told: list[Span]) -> None:
    client = Place(trace_id=uuid4().int, span_id=7)
    with (
        traces.request(client.traceparent) as work,
        traces.span("request export", EXPORT, first=True),
    ):
        pass
    (first,) = told
    assert (first.place, first.parent) == (traces.root(EXPORT), None)
    assert first.links == (work.place, client)
    assert work.export_id == EXPORT


def test_an_error_is_told_by_its_name_alone(told: list[Span]) -> None:
    with pytest.raises(KeyError), traces.span("plan", EXPORT):
        raise KeyError("a person's name")
    assert told[0].error == "KeyError"
    assert "person" not in repr(told[0])


def test_a_download_is_no_export(told: list[Span]) -> None:
    with traces.span("handle", EXPORT, export=False):
        work = traces.current()
    assert work is not None
    assert work.export_id is None
    assert told[0].place.trace_id == EXPORT.int


def test_without_anybody_who_listens_the_work_is_known_all_the_same() -> None:
    assert not traces.wanted()
    with traces.span("plan", EXPORT):
        work = traces.current()
    assert work is not None
    assert work.export_id == EXPORT
    assert traces.current() is None
