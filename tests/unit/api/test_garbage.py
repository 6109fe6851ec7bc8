"""Whatever arrives, the answer is never a fault of ours, and what is refused leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes_api import PROBLEM, Site, open_site

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
POSTS = [
    "/v1/exports",
    "/v1/datasets/things/preview",
    "/v1/datasets/things/count",
    "/v1/api-keys",
    "/v1/exports/00000000-0000-0000-0000-000000000000/files/csv/tickets",
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["things", "id", "name", "csv", "eq", "in", "\x00", "-7d"])
)
names = st.sampled_from(
    ["field", "op", "value", "and", "or", "not", "relative", "zone", "sealed", "name", "format"]
) | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)
members = st.sampled_from(
    [
        "dataset",
        "fields",
        "filter",
        "order",
        "limit",
        "formats",
        "purpose",
        "priority",
        "retention_days",
        "rows",
        "exact",
        "label",
        "scopes",
        "expires_in",
        "expires_in_days",
    ]
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    with open_site([b"1\tone"]) as opened:
        yield opened


def _check(site: Site, method: str, path: str, **more: Any) -> int:
    answer = site.call(method, path, **more)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == PROBLEM
    return answer.status_code


@SHARED
@given(path=st.sampled_from(POSTS), body=st.binary(max_size=200))
def test_bytes(shared: Site, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    status = _check(shared, "POST", path, content=body, headers=headers)
    assert status >= 400 or json.loads(body) == {}


@SHARED
@given(path=st.sampled_from(POSTS), body=st.dictionaries(members, values, max_size=8))
def test_json_of_the_right_names(shared: Site, path: str, body: dict[str, object]) -> None:
    content = json.dumps(body).encode()
    _check(shared, "POST", path, content=content, headers={"Content-Type": "application/json"})


@SHARED
@given(tree=values)
def test_filters(shared: Site, tree: object) -> None:
    body = {"dataset": "things", "formats": ["csv"], "filter": tree}
    headers = {"Content-Type": "application/json"}
    _check(shared, "POST", "/v1/exports", content=json.dumps(body).encode(), headers=headers)


@SHARED
@given(options=st.dictionaries(st.sampled_from(["delimiter", "zone", "null_text", "x"]), scalars))
def test_formats(shared: Site, options: dict[str, object]) -> None:
    body = {"dataset": "things", "formats": [{"format": "csv", "options": options}]}
    headers = {"Content-Type": "application/json"}
    _check(shared, "POST", "/v1/exports", content=json.dumps(body).encode(), headers=headers)


@SHARED
@given(
    name=st.sampled_from(
        ["limit", "cursor", "status", "dataset", "requested_by", "from", "to", "q", "x"]
    ),
    value=st.text(max_size=40),
)
def test_queries(shared: Site, name: str, value: str) -> None:
    _check(shared, "GET", "/v1/exports", params={name: value.encode(errors="replace").decode()})


@SHARED
@given(at=st.datetimes(timezones=st.timezones() | st.none()))
def test_times(shared: Site, at: object) -> None:
    _check(shared, "GET", "/v1/exports", params={"from": str(at), "to": str(at)})


@SHARED
@given(
    name=st.sampled_from(["Range", "If-Range", "If-Match", "Last-Event-ID", "Idempotency-Key"]),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30),
)
def test_headers(shared: Site, name: str, value: str) -> None:
    headers = {name: value.encode("latin-1")}
    export_id = _done(shared)
    for path in ("", "/progress", "/files/csv"):
        _check(shared, "GET", f"/v1/exports/{export_id}{path}", headers=headers)
    _check(shared, "POST", f"/v1/exports/{export_id}/retry", headers=headers)


def _done(site: Site) -> str:
    known = site.get("/v1/exports?status=completed&limit=1").json()["items"]
    return str(known[0]["id"]) if known else site.finished()
