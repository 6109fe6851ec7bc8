"""Liveness, readiness, metrics, and faults of our own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from api import openapi
from api.routes import health
from tests.fakes_api import Site, problem


class DiskGone(Exception):
    """The disk can't be read. Mount it again."""


def test_a_process_that_answers_lives(site: Site) -> None:
    assert site.get("/livez", secret=None).json() == {"live": True}


def test_ready_names_every_part(site: Site) -> None:
    answer = site.get("/readyz", secret=None)
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "parts": {"events": {"ok": True, "detail": "ok"}}}


def test_a_part_that_is_missing_is_named_without_its_secrets(site: Site) -> None:
    def gone() -> None:
        raise DiskGone("postgresql://user:hunter2@host")

    site.parts["files"] = gone
    answer = site.get("/readyz", secret=None)
    assert answer.status_code == 503
    assert answer.json()["parts"]["files"] == {
        "ok": False,
        "detail": "The disk can't be read. Mount it again.",
    }
    assert answer.json()["parts"]["events"]["ok"]
    metrics = site.get("/metrics", secret=None).text
    assert 'waybill_ready{part="files"} 0.0' in metrics
    assert 'waybill_ready{part="events"} 1.0' in metrics


def test_metrics_tell_what_is_ready_though_nobody_asks(site: Site) -> None:
    def gone() -> None:
        raise DiskGone

    site.parts["files"] = gone
    assert 'waybill_ready{part="files"} 0.0' in site.get("/metrics", secret=None).text
    site.parts["files"] = lambda: None
    assert 'waybill_ready{part="files"} 1.0' in site.get("/metrics", secret=None).text


def test_a_part_that_hangs_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    site.parts["files"] = lambda: time.sleep(0.5)
    found = site.get("/readyz").json()["parts"]["files"]
    assert found == {"ok": False, "detail": "No answer within 0.05 s."}


def test_metrics_count_by_route_and_never_by_address(site: Site) -> None:
    export_id = site.finished()
    size = len(site.get(f"/v1/exports/{export_id}/files/csv").content)
    site.get(f"/v1/exports/{export_id}?q=secret")
    site.get("/nowhere/secret")
    text = site.get("/metrics", secret=None).text
    assert export_id not in text
    assert "secret" not in text
    route = 'method="GET",route="/v1/exports/{export_id}",status="200"'
    assert f"waybill_http_request_seconds_count{{{route}}} 1.0" in text
    assert 'route="unmatched",status="404"' in text
    assert f"waybill_download_bytes_total {size}.0" in text
    assert "waybill_http_in_flight 1.0" in text


def test_a_fault_of_ours_tells_nothing_but_its_id(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(dataset: str) -> None:
        raise ZeroDivisionError("of Ada Lovelace")

    monkeypatch.setattr(site.ports.sources, "find", broken)
    answer = site.get("/v1/datasets/things")
    assert problem(answer, "internal")["status"] == 500
    written = capsys.readouterr().out
    assert "Lovelace" not in answer.text + written
    assert "ZeroDivisionError" in written
    assert answer.headers["x-request-id"] in written


def test_logs_hold_no_values_of_a_request(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.export(purpose="for Ada Lovelace", filter={"field": "name", "op": "eq", "value": "Hopper"})
    site.get("/v1/exports?q=Lovelace")
    written = capsys.readouterr().out
    assert "Lovelace" not in written
    assert "Hopper" not in written
    assert site.secret not in written


def test_the_docs_need_no_foreign_server(site: Site) -> None:
    page = site.get("/docs", secret=None)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "http" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for asset in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert f"/docs/{asset}" in page.text
        assert len(site.get(f"/docs/{asset}", secret=None).content) > 100
    assert site.get("/", secret=None).headers["location"] == "/docs"


def test_the_description_is_the_published_one(site: Site) -> None:
    assert site.get("/openapi.json", secret=None).json() == site.app.openapi()
    assert openapi.main(["--check"]) == 0


def test_a_description_that_has_drifted_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(openapi, "PUBLISHED", tmp_path / "openapi.json")
    assert openapi.main(["--check"]) == 1
    assert "python -m api.openapi" in capsys.readouterr().err
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0
