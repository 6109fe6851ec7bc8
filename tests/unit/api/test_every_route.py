"""What holds at every address: who may ask, and what a refusal looks like."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from api.problem_types import all_types
from domain.access import Scope
from tests.fakes_api import PROBLEM, Site, problem
from tests.wanted_keys import wanted_key

OPEN = {"/livez", "/readyz", "/metrics", "/problems", "/problems/{slug}", "/v1/downloads/{ticket}"}
VALUES = {"export_id": str(uuid4()), "key_id": str(uuid4()), "file": "csv", "dataset": "things"}


def _operations(site: Site) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, operations in site.app.openapi()["paths"].items()
        for method, operation in operations.items()
    ]


def _filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: VALUES.get(found[1], "x"), path)


def test_every_address_is_behind_a_key_or_open_on_purpose(site: Site) -> None:
    for method, path, operation in _operations(site):
        answer = site.call(method, _filled(path), secret=None)
        if path in OPEN:
            assert answer.status_code != 401, path
            assert "security" not in operation, path
        else:
            assert problem(answer, "unauthenticated")["status"] == 401, path
            assert operation["security"] == [{"ApiKey": []}], path


def test_a_key_without_scopes_gets_no_further_than_itself(site: Site) -> None:
    nobody = site.access.create(wanted_key("default", "nobody", [])).secret
    for method, path, _ in _operations(site):
        if path in OPEN | {"/v1/me", "/v1/keys/signing"}:
            continue
        problem(site.call(method, _filled(path), secret=nobody), "scope-missing")


@pytest.mark.parametrize("garbage", ["%00", "%ED%A0%80", "..%2F..", "a b", "\u2603", "x" * 3_000])
def test_garbage_in_a_path_is_answered_by_a_problem(site: Site, garbage: str) -> None:
    for method, path, _ in _operations(site):
        if "{" not in path:
            continue
        answer = site.call(method, re.sub(r"\{\w+\}", garbage, path))
        assert 400 <= answer.status_code < 500, (path, answer.text)
        assert answer.headers["content-type"] == PROBLEM


@pytest.mark.parametrize(
    ("body", "kind", "slug"),
    [
        (b"", "application/json", "malformed-body"),
        (b"{", "application/json", "malformed-body"),
        (b"\xff{}", "application/json", "malformed-body"),
        (b'{"\\ud800": 1}', "application/json", "malformed-body"),
        (b'{"dataset": "\\ud800"}', "application/json", "malformed-body"),
        (b"[" * 100_000, "application/json", "malformed-body"),
        (b'{"a":' * 50_000, "application/json", "malformed-body"),
        (b'{"dataset": ' + b"9" * 5_000 + b"}", "application/json", "malformed-body"),
        (b"[]", "application/json", "invalid-request"),
        (b"null", "application/json; charset=utf-8", "invalid-request"),
        (b'{"x": NaN}', "application/json", "invalid-request"),
        (b"{}", "text/plain", "unsupported-media-type"),
        (b"{}", "", "unsupported-media-type"),
        (b" " * 300_000 + b"{}", "application/json", "body-too-large"),
    ],
)
def test_garbage_in_a_body_is_answered_by_a_problem(
    site: Site, body: bytes, kind: str, slug: str
) -> None:
    for method, path, operation in _operations(site):
        if "requestBody" in operation:
            answer = site.call(method, _filled(path), content=body, headers={"Content-Type": kind})
            problem(answer, slug)


def test_a_filter_of_a_megabyte_is_too_large(site: Site) -> None:
    tree = {"field": "name", "op": "in", "value": ["x" * 1_000] * 1_000}
    body = {"dataset": "things", "formats": ["csv"], "filter": tree}
    answer = site.post("/v1/exports", body)
    assert problem(answer, "body-too-large")["status"] == 413


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(site: Site) -> None:
    sent = 0

    async def pieces() -> Any:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    headers = {"Content-Type": "application/json"}
    answer = site.call("POST", "/v1/exports", content=pieces(), headers=headers)
    problem(answer, "body-too-large")
    assert sent < 1_000_000


def test_a_compressed_body_is_refused(site: Site) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = site.call("POST", "/v1/exports", content=b"x", headers=headers)
    problem(answer, "unsupported-media-type")


def test_an_unknown_address_and_a_wrong_method_are_problems(site: Site) -> None:
    for path in ("/nothing", "/v1", "/v1/exports/", "/docs/nothing", "/problems/nothing"):
        problem(site.get(path), "not-found")
    answer = site.call("PUT", "/v1/exports")
    problem(answer, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) <= {"GET", "POST"}


def test_every_kind_of_problem_explains_itself(site: Site) -> None:
    items = site.get("/problems").json()["items"]
    assert len(items) == len(all_types())
    for item in items:
        assert site.get(item["type"]).json() == item
        assert item["advice"].endswith(".")
        assert 400 <= item["status"] < 600


def test_every_answer_carries_its_id_and_keeps_browsers_from_guessing(site: Site) -> None:
    for path in ("/livez", "/v1/me", "/nothing", "/docs"):
        headers = site.get(path).headers
        assert len(headers["x-request-id"]) == 24
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


def test_a_callers_own_request_id_is_kept_when_it_is_harmless(site: Site) -> None:
    def answered(given: str) -> str:
        return str(site.get("/livez", headers={"X-Request-ID": given}).headers["x-request-id"])

    assert answered("trace-1234_abc") == "trace-1234_abc"
    for given in ("short", "x" * 65, "line feed in log", "a;b;c;d;e;f"):
        assert answered(given) != given


def test_scopes_are_those_that_the_code_knows() -> None:
    assert {str(scope) for scope in Scope} == {
        "exports:read",
        "exports:write",
        "downloads",
        "datasets:read",
        "audit",
        "admin",
    }
