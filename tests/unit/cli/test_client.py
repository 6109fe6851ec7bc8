"""What a server refuses is a sentence and an exit code."""

from __future__ import annotations

import httpx
import pytest

from cli.client import Api
from cli.exits import Code, Refused
from tests.unit.cli.servers import in_turn, problem


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, Code.USAGE),
        (401, Code.UNAUTHORISED),
        (403, Code.UNAUTHORISED),
        (404, Code.NOT_FOUND),
        (409, Code.CONFLICT),
        (410, Code.NOT_FOUND),
        (412, Code.CONFLICT),
        (413, Code.USAGE),
        (422, Code.USAGE),
        (500, Code.FAILED),
        (503, Code.UNREACHABLE),
    ],
)
def test_every_refusal_has_its_exit_code(status: int, code: Code) -> None:
    api, _ = in_turn([problem(status)])
    with pytest.raises(Refused, match=r"It is so\. Do this\.") as refused:
        api.get("/v1/exports")
    assert refused.value.code is code


def test_faults_are_told_with_their_places() -> None:
    faults = [{"pointer": "/filter/and/0", "detail": "no such field"}]
    api, _ = in_turn([problem(422, errors=faults)])
    with pytest.raises(Refused) as refused:
        api.post("/v1/exports", {})
    assert str(refused.value) == "It is so:\n  filter.and.0: no such field"


def test_a_fault_of_the_server_is_told_with_the_requests_id() -> None:
    api, _ = in_turn([problem(500)])
    with pytest.raises(Refused, match="request id: r1"):
        api.get("/")


def test_a_server_that_isnt_there_is_told_as_such() -> None:
    api, _ = in_turn([httpx.ConnectError("Connection refused")])
    with pytest.raises(Refused, match="Connection refused") as refused:
        api.get("/")
    assert refused.value.code is Code.UNREACHABLE


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(502)])
def test_something_else_at_the_address_is_told_as_such(answer: httpx.Response) -> None:
    api, _ = in_turn([answer])
    with pytest.raises(Refused, match=r"Check the URL|without a reason"):
        api.get("/")


def test_the_key_goes_with_every_request_and_never_into_a_message() -> None:
    api, asked = in_turn([httpx.Response(200, json={}), problem(401)])
    api.get("/v1/me")
    with pytest.raises(Refused) as refused:
        api.get("/v1/me")
    assert [each.headers["authorization"] for each in asked] == ["Bearer wb_key"] * 2
    assert "wb_key" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://[::1", "http://exa mple"])
def test_what_is_no_url_is_a_wrong_use(url: str) -> None:
    with pytest.raises(Refused) as refused:
        Api(url, None).get("/")
    assert refused.value.code in (Code.USAGE, Code.UNREACHABLE)
