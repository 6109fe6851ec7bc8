"""The command as a whole, without a network: its help, its wrong uses, its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import connecting, main
from cli.exits import Code, Refused
from cli.refusals import refusal, sentence
from domain.ports import StoreUnavailable
from infra.demo import FlightsMissing
from infra.signing import SigningKey
from tests.unit.cli.servers import answering, problem

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Calls `waybill` in this process; gives its exit code and what it printed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WAYBILL_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["waybill", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.run()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def serve(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]) -> list[httpx.Request]:
    """Every command talks to this server; its answers are by `METHOD path`."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = answers.get(f"{request.method} {request.url.path}")
        if isinstance(answer, httpx.Response):
            return answer
        return problem(404) if answer is None else httpx.Response(200, json=answer)

    for module in ("cli.exports", "cli.datasets", "cli.download", "cli.connecting"):
        monkeypatch.setattr(f"{module}.connect", lambda url, key: answering(handle))
    return asked


def test_help_names_every_command(run: Run) -> None:
    code, said, _ = run("--help")
    names = {"up", "demo", "export", "exports", "download", "verify", "datasets", "login", "doctor",
             "rebuild", "replay", "reproduce", "new-epoch", "unpark", "migrate", "api", "worker",
             "relay"}  # fmt: skip
    assert code == 0
    assert {name for name in names if f" {name} " in said} == names


def test_help_needs_none_of_the_services_own_parts() -> None:
    """What makes help slow is importing them."""
    slow = {"faust", "fastapi", "psycopg", "httpx", "pydantic", "infra", "api"}
    program = "import cli.main, sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert slow & set(done.stdout.decode().split()) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("export",),
        ("nonsense",),
        ("up", "--port", "70000"),
        ("demo", "--orders", "0"),
        ("exports", "show"),
        ("rebuild", "nonsense"),
        ("export", "flights", "--filter", "{", "--key", "wb_x"),
        ("verify", "a", "b", "--key", "nonsense"),
        ("worker",),
        ("relay",),
    ],
)
def test_a_wrong_use_is_a_sentence_and_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    code, said, why = run(*arguments)
    assert code == Code.USAGE
    assert why
    assert "Traceback" not in said + why


def test_a_wrong_setting_is_named_as_its_variable(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_RETENTION_DAYS", "soon")
    code, _, why = run("rebuild")
    assert code == Code.USAGE
    assert "WAYBILL_RETENTION_DAYS: " in why


def test_without_a_key_it_says_how_to_get_in(run: Run) -> None:
    code, _, why = run("exports")
    assert code == Code.UNAUTHORISED
    assert "waybill login" in why


def test_datasets_are_a_table_or_ndjson(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"id": "flights", "label": "Flights", "description": "", "version": "1"}
    serve(monkeypatch, {"GET /v1/datasets": {"items": [found]}})
    code, said, _ = run("datasets")
    assert (code, said.split()) == (0, ["ID", "LABEL", "DESCRIPTION", "flights", "Flights"])
    code, said, _ = run("datasets", "--json")
    assert (code, json.loads(said)) == (0, found)


def test_an_unknown_dataset_is_exit_code_5(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, {})
    assert run("datasets", "show", "nope")[0] == Code.NOT_FOUND


def test_an_export_is_asked_for_with_all_that_was_chosen(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = serve(monkeypatch, {"POST /v1/exports": {"id": "e1", "status": "queued"}})
    code, said, _ = run(
        "export", "flights", "--fields", "id", "--format", "csv.gz", "--order", "id:desc",
        "--limit", "5", "--purpose", "audit", "--idempotency-key", "k1", "--priority", "high",
        "--retention-days", "3", "--filter", '{"field": "id", "op": "gt", "value": 1}',
    )  # fmt: skip
    assert code == 0
    assert "waybill exports show e1 --watch" in said
    assert asked[0].headers["idempotency-key"] == "k1"
    assert json.loads(asked[0].content) == {
        "dataset": "flights",
        "formats": [{"format": "csv", "compression": "gzip"}],
        "fields": ["id"],
        "filter": {"field": "id", "op": "gt", "value": 1},
        "order": [{"field": "id", "direction": "desc"}],
        "limit": 5,
        "purpose": "audit",
        "priority": "high",
        "retention_days": 3,
    }


def test_an_export_can_be_named_by_its_ids_beginning(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = ["4f3c0000-0000-4000-8000-000000000001", "4f3d0000-0000-4000-8000-000000000002"]
    answers = {
        "GET /v1/exports": {"items": [{"id": each} for each in ids], "next_cursor": None},
        f"GET /v1/exports/{ids[0]}": {"id": ids[0], "status": "rendering"},
        f"POST /v1/exports/{ids[0]}/cancel": {"id": ids[0], "status": "cancelled"},
    }
    serve(monkeypatch, answers)
    code, said, _ = run("exports", "cancel", "4f3c")
    assert (code, said) == (0, f"Export {ids[0]} is cancelled.\n")
    code, _, why = run("exports", "cancel", "4f3")
    assert code == Code.NOT_FOUND
    assert "2 exports' ids begin" in why


def test_exports_are_read_page_by_page(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [
        {"items": [{"id": "a"}, {"id": "b"}], "next_cursor": "c1"},
        {"items": [{"id": "c"}], "next_cursor": None},
    ]
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=pages[len(asked) - 1])

    monkeypatch.setattr("cli.exports.connect", lambda url, key: answering(handle))
    code, said, _ = run("exports", "--json", "--status", "failed", "--limit", "10")
    assert code == 0
    assert [json.loads(line)["id"] for line in said.splitlines()] == ["a", "b", "c"]
    assert dict(asked[1].url.params) == {"status": "failed", "limit": "8", "cursor": "c1"}


def test_a_waybill_that_is_none_does_not_vouch_for_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("a\n")
    (tmp_path / "out.csv.waybill.json").write_text("{}")
    code, said, why = run("verify", str(tmp_path / "out.csv"), "--json")
    assert code == Code.FAILED
    assert json.loads(said)["ok"] is False
    assert "NOT what" in why


def test_a_path_that_leads_nowhere_is_not_called_a_forgery(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("a\n")
    for name, missing in (("none.csv", "none.csv"), ("out.csv", "out.csv.waybill.json")):
        code, _, why = run("verify", str(tmp_path / name))
        assert code == Code.NOT_FOUND
        assert f"{missing} can't be read" in " ".join(why.split())


def test_a_place_that_cannot_hold_the_files_is_refused_before_rows_are_read(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = serve(monkeypatch, {})
    one = str(tmp_path / "one.csv")
    code, _, why = run("export", "x", "--format", "csv", "--format", "ndjson", "--out", one)
    assert (code, asked) == (Code.USAGE, [])
    assert "name a folder" in " ".join(why.split())
    (tmp_path / "file").touch()
    code, _, why = run("export", "x", "--out", str(tmp_path / "file" / "x.csv"))
    assert (code, asked) == (Code.USAGE, [])


def test_an_empty_idempotency_key_is_sent_and_not_forgotten(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = serve(monkeypatch, {})
    run("export", "x", "--idempotency-key", "")
    assert asked[0].headers["idempotency-key"] == ""


def test_a_public_key_can_be_given_as_hex_or_as_its_file(run: Run, tmp_path: Path) -> None:
    public = SigningKey(bytes(32)).public.hex()
    (tmp_path / "signing.pub").write_text(public + "\n")
    for key in (public, str(tmp_path / "signing.pub")):
        assert run("verify", str(tmp_path / "none"), "--key", key)[0] == Code.NOT_FOUND


def test_a_login_is_tried_before_it_is_saved(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / ".config" / "waybill" / "credentials.json"
    me = {"key": {"label": "mine", "scopes": ["admin"]}}
    answer: list[httpx.Response] = [problem(401), httpx.Response(200, json=me)]
    monkeypatch.setattr("cli.client.Api", lambda url, key: answering(lambda _: answer.pop(0)))
    assert run("login", "--key", "wb_x", "--url", "http://w")[0] == Code.UNAUTHORISED
    assert not path.exists()
    assert run("login", "--key", "wb_x", "--url", "http://w")[0] == Code.OK
    assert json.loads(path.read_text()) == {"default": "http://w", "keys": {"http://w": "wb_x"}}


def test_a_fault_of_our_own_is_a_sentence_unless_it_is_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(url: str | None, key: str | None) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("cli.datasets.connect", broken)
    code, _, why = run("datasets")
    assert code == Code.FAILED
    assert why.startswith("A fault of Waybill: ZeroDivisionError.")
    monkeypatch.setenv("WAYBILL_LOG_LEVEL", "debug")
    monkeypatch.setattr(sys, "argv", ["waybill", "datasets"])
    with pytest.raises(ZeroDivisionError):
        main.run()


def test_ctrl_c_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(url: str | None, key: str | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.datasets.connect", interrupted)
    assert run("datasets")[0] == Code.INTERRUPTED


def test_errors_of_the_layers_below_are_sentences() -> None:
    assert refusal(Refused("no", Code.BUSY)).code is Code.BUSY  # type: ignore[union-attr] # it is one
    away = refusal(StoreUnavailable())
    assert away is not None
    assert away.code is Code.UNREACHABLE
    assert str(away) == " ".join((StoreUnavailable.__doc__ or "").split())
    full = refusal(OSError(28, "No space left on device", "/data/x"))
    assert str(full) == "/data/x: No space left on device."
    assert refusal(ZeroDivisionError()) is None


def test_an_errors_own_words_come_with_its_classes() -> None:
    assert sentence(FlightsMissing("x1")).endswith("'waybill[demo]'. (x1)")
    assert sentence(FlightsMissing("They lie elsewhere.")) == "They lie elsewhere."
    assert sentence(ZeroDivisionError()) == " ".join((ZeroDivisionError.__doc__ or "").split())


def test_connecting_needs_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WAYBILL_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert connecting.connect("http://w", "wb_x").url == "http://w"
    with pytest.raises(Refused):
        connecting.connect("http://w", None)
