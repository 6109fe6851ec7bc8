"""A protected copy is fetched with a password that stands in no argument."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from cli.client import Api
from cli.download import download
from cli.exits import Code, Refused
from cli.protecting import ask_password, fetch_protected
from tests.unit.cli.servers import answering, problem

COPY = b"%PDF-1.7 encrypted"
EXPORT: dict[str, Any] = {"id": "5f0c", "files": [{"name": "csv"}, {"name": "pdf"}]}


class Server:
    """Gives COPY to whoever asks; `digest` is of what it says it sends."""

    def __init__(self, digest_of: bytes = COPY) -> None:
        self.asked: list[httpx.Request] = []
        self._digest = base64.b64encode(hashlib.sha256(digest_of).digest()).decode()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        headers = {
            "Repr-Digest": f"sha-256=:{self._digest}:",
            "Content-Disposition": 'attachment; filename="../things.protected.pdf"',
        }
        return httpx.Response(200, content=COPY, headers=headers)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given(monkeypatch, "Łódź, correct horse\n".encode())


def given(monkeypatch: pytest.MonkeyPatch, line: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(line)))


def test_a_copy_is_fetched_with_the_password_in_the_body_alone(tmp_path: Path) -> None:
    server = Server()
    saved = fetch_protected(answering(server), EXPORT, "pdf", None)
    assert (saved, saved.read_bytes()) == (Path("things.protected.pdf"), COPY)
    [request] = server.asked
    assert request.url.raw_path == b"/v1/exports/5f0c/files/pdf/protected"
    assert json.loads(request.content) == {"password": "Łódź, correct horse"}
    assert [each.name for each in tmp_path.iterdir()] == ["things.protected.pdf"]


@pytest.mark.parametrize("out", ["new/mine.pdf", "."])
def test_it_lies_where_it_is_wanted(out: str) -> None:
    saved = fetch_protected(answering(Server()), EXPORT, "pdf", Path(out))
    assert saved in (Path("new/mine.pdf"), Path("things.protected.pdf"))
    assert saved.read_bytes() == COPY


@pytest.mark.parametrize(
    ("line", "password"),
    [(b"a b \n", "a b "), (b"a b\r\n", "a b"), (b"a b", "a b"), (b"a\nb\n", "a"), (b"", "")],
)
def test_the_password_is_the_first_line(
    monkeypatch: pytest.MonkeyPatch, line: bytes, password: str
) -> None:
    given(monkeypatch, line)
    assert ask_password() == password


def test_at_a_terminal_it_is_typed_twice_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def prompt(text: str, **how: bool) -> str:
        asked.append((text, how))
        return "typed twice"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", prompt)
    assert ask_password() == "typed twice"
    assert asked == [("Password", {"hide_input": True, "confirmation_prompt": True})]


def test_what_is_no_text_is_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, b"\xff\xfe\n")
    with pytest.raises(Refused, match="not UTF-8"):
        fetch_protected(answering(Server()), EXPORT, "pdf", None)


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        (None, Code.USAGE, "Say which file: the export has csv, pdf"),
        ("xlsx", Code.NOT_FOUND, "no file xlsx"),
    ],
)
def test_one_file_is_asked_for(name: str | None, code: Code, why: str) -> None:
    server = Server()
    with pytest.raises(Refused, match=why) as refused:
        fetch_protected(answering(server), EXPORT, name, None)
    assert refused.value.code is code
    assert not server.asked


def test_the_only_file_needs_no_name() -> None:
    only = {"id": "5f0c", "files": [{"name": "pdf"}]}
    assert fetch_protected(answering(Server()), only, None, None).read_bytes() == COPY


def test_a_copy_that_did_not_arrive_as_it_was_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Nothing was kept"):
        fetch_protected(answering(Server(digest_of=b"another")), EXPORT, "pdf", None)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cant_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="can't be written"):
        fetch_protected(answering(Server()), EXPORT, "pdf", Path("file/mine.pdf"))


def test_a_password_that_is_refused_is_told_by_its_place() -> None:
    errors = [{"pointer": "/password", "detail": "must have at least 8 characters"}]
    with pytest.raises(Refused, match="password: must have at least 8") as refused:
        fetch_protected(answering(lambda _: problem(422, errors=errors)), EXPORT, "pdf", None)
    assert refused.value.code is Code.USAGE


def test_the_command_fetches_it_and_no_bundle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api: Api = answering(Server())
    monkeypatch.setattr("cli.download.connect", lambda url, key: api)
    monkeypatch.setattr("cli.download.find", lambda api, text: EXPORT)
    download("5f0c", "pdf", protected=True)
    assert capsys.readouterr().out == "Saved  things.protected.pdf\n"
    with pytest.raises(Refused, match="leave out --bundle or --protected"):
        download("5f0c", bundle=True, protected=True)
