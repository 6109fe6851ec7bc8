"""A manifest finds any byte of a file in its segments, and comes back from its stored form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.manifests import Manifest, ManifestBroken, Segment, from_json, to_json


def manifest(*sizes: int) -> Manifest:
    segments = tuple(
        Segment(
            key=f"exports/x/1/parts/csv/{index:08}",
            start=3 * index,
            size=size,
            whole=5 * index + size,
            sha256=f"{index:064x}",
        )
        for index, size in enumerate(sizes)
    )
    return Manifest(
        file="csv",
        name="flights.csv",
        media_type="text/csv; charset=utf-8",
        data_key="exports/x",
        size=sum(sizes),
        sha256="a" * 64,
        crc32=7,
        segments=segments,
    )


def test_a_manifest_comes_back_as_it_was_stored() -> None:
    stored = manifest(3, 0, 500)
    assert from_json(to_json(stored)) == stored


def test_one_manifest_has_one_stored_form() -> None:
    assert to_json(manifest(1, 2)) == to_json(from_json(to_json(manifest(1, 2))))


def test_segments_that_do_not_add_up_to_the_file_are_refused() -> None:
    document = json.loads(to_json(manifest(3, 4)))
    document["segments"].pop()
    with pytest.raises(ManifestBroken, match="the segments hold 3 bytes, the file 7"):
        from_json(json.dumps(document).encode())


def test_segments_of_the_version_before_are_whole_objects() -> None:
    segment = {"key": "a", "size": 7, "sealed": 35, "sha256": "", "rows": 1, "rejected": 0}
    document = json.loads(to_json(manifest(7))) | {"manifest": 1, "segments": [segment]}
    found = from_json(json.dumps(document).encode())
    assert found.crc32 is None
    assert found.segments[0] == Segment(key="a", start=0, size=7, whole=7, sha256="")


def test_a_file_of_the_version_before_has_no_crc() -> None:
    document = json.loads(to_json(manifest(7))) | {"manifest": 2}
    del document["crc32"]
    found = from_json(json.dumps(document).encode())
    assert (found.size, found.crc32) == (7, None)


@pytest.mark.parametrize(
    "change",
    [
        {"manifest": 4},
        {"crc32": "7"},
        {"size": "7"},
        {"size": -7},
        {"size": True},
        {"name": 5},
        {"segments": {}},
        {"segments": ["x"]},
        {"segments": [{"key": "a"}]},
        {"segments": [{"key": "a", "start": 1, "size": 7, "whole": 7, "sha256": ""}]},
    ],
)
def test_a_manifest_of_another_shape_is_broken(change: dict[str, Any]) -> None:
    document = json.loads(to_json(manifest(3, 4))) | change
    with pytest.raises(ManifestBroken):
        from_json(json.dumps(document).encode())


@pytest.mark.parametrize("text", [b"", b"[]", b"7", b"{", b"\xff", b"{}"])
def test_what_is_no_manifest_is_broken(text: bytes) -> None:
    with pytest.raises(ManifestBroken):
        from_json(text)


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(0, 80), st.integers(0, 80))
def test_spans_are_exactly_the_bytes_asked_for(sizes: list[int], start: int, length: int) -> None:
    whole = [(index, at) for index, size in enumerate(sizes) for at in range(size)]
    found = manifest(*sizes)
    spans = list(found.spans(start, length))
    assert [
        (found.segments.index(span.segment), at)
        for span in spans
        for at in range(
            span.start - span.segment.start, span.start - span.segment.start + span.length
        )
    ] == whole[start : start + length]
    assert all(span.length for span in spans)
