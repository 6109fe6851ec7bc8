"""A copy of a PDF with a password: what it is, what is recorded, and where the password is not."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pikepdf
import pytest
from structlog.testing import capture_logs

from api import protected
from domain import layout
from domain.access import Scope
from domain.downloads.events import DownloadEnded, DownloadGranted, DownloadStarted, Via
from domain.ports import FilesUnavailable
from domain.protection import (
    NoProtection,
    ProtectedCopy,
    ProtectionBusy,
    ProtectionNotHere,
    ProtectionTooLarge,
    ProtectionTooSlow,
)
from domain.refusals.events import RefusalRecorded
from schemas.registry import encode
from tests.fakes_api import Site, problem
from tests.made_pdfs import texts

PASSWORD = "correct horse, Łódź"


def path(export_id: str, file: str = "pdf") -> str:
    return f"/v1/exports/{export_id}/files/{file}"


def ask(site: Site, export_id: str, file: str = "pdf", **more: Any) -> httpx.Response:
    return site.post(f"{path(export_id, file)}/protected", {"password": PASSWORD}, **more)


def facts(site: Site, *kinds: type) -> list[Any]:
    log = (each.event for each in site.world.store.log(0, 10_000))
    return [event for event in log if isinstance(event, kinds)]


def downloads(site: Site) -> list[Any]:
    return facts(site, DownloadGranted, DownloadStarted, DownloadEnded)


def test_a_copy_says_what_the_file_says_once_it_is_opened(site: Site) -> None:
    export_id = site.finished("pdf")
    plain = site.get(path(export_id)).content
    answer = ask(site, export_id)
    assert answer.status_code == 200, answer.text
    assert texts(answer.content, PASSWORD) == texts(plain)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(BytesIO(answer.content), password="correct horse")
    with pikepdf.open(BytesIO(answer.content), password=PASSWORD) as document:
        assert document.encryption.R == 6
        assert document.check_pdf_syntax() == []


def test_a_copy_comes_with_what_a_client_needs_and_no_ranges(site: Site) -> None:
    answer = ask(site, site.finished("pdf"), headers={"Range": "bytes=0-3", "If-Range": '"x"'})
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-length"] == str(len(answer.content))
    assert 'attachment; filename="things-20260101-' in headers["content-disposition"]
    assert headers["content-disposition"].endswith(".protected.pdf")
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert headers["accept-ranges"] == "none"
    assert "etag" not in headers
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert headers["repr-digest"] == f"sha-256=:{digest}:"


def test_a_copy_that_is_larger_than_a_piece_arrives_whole(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protected, "_PIECE", 1_000)
    answer = ask(site, site.finished("pdf"))
    assert len(answer.content) > 10_000
    assert texts(answer.content, PASSWORD)


def test_the_file_and_its_waybill_stay_as_they_are(site: Site) -> None:
    export_id = site.finished("pdf")
    before = site.get(path(export_id)).content, site.get(f"{path(export_id)}/waybill").content
    stored = dict(site.world.files.objects)
    ask(site, export_id)
    assert site.world.files.objects == stored
    after = site.get(path(export_id)).content, site.get(f"{path(export_id)}/waybill").content
    assert after == before


def test_a_copy_is_recorded_as_one(site: Site) -> None:
    export_id = site.finished("pdf")
    answer = ask(site, export_id)
    granted, started, ended = downloads(site)
    assert (granted.export_id, granted.file) == (UUID(export_id), "pdf.protected")
    assert granted.via is Via.KEY
    assert str(granted.granted_to) == site.get("/v1/me").json()["actor"]
    assert (started.first, started.length) == (0, len(answer.content))
    assert ended.sent == len(answer.content)
    [shown] = site.get(f"/v1/exports/{export_id}/downloads").json()["items"]
    assert (shown["file"], shown["complete"]) == ("pdf.protected", True)


def test_a_copy_is_recorded_before_its_first_byte(site: Site) -> None:
    export_id = site.finished("pdf")

    class Failing(NoProtection):
        def protect(self, size: int, plain: Callable[[], bytes], password: str) -> ProtectedCopy:
            site.world.store.unavailable = True
            return ProtectedCopy(data=b"%PDF-")

    object.__setattr__(site.ports, "protection", Failing())
    answer = ask(site, export_id)
    assert b"%PDF-" not in answer.content
    problem(answer, "store-unavailable")


def test_the_password_is_kept_nowhere(site: Site) -> None:
    export_id = site.finished("pdf")
    with capture_logs() as logs:
        ask(site, export_id)
        ask(site, export_id, "csv")
        site.post(f"{path(export_id)}/protected", {"password": PASSWORD + "\n"})
        site.post(f"{path(export_id)}/protected", {"password": PASSWORD, PASSWORD: 1})
    stored = [encode(each.event) for each in site.world.store.log(0, 10_000)]
    kept = [*stored, logs, site.world.vault.texts, site.world.files.objects]
    assert stored
    assert logs
    for form in (PASSWORD, json.dumps(PASSWORD)[1:-1], "correct horse"):
        assert form not in str(kept)


@pytest.mark.parametrize(
    "password",
    ["", "short", "x" * 128, "é" * 64, "password\x00", "ｆｕｌｌ ｗｉｄｔｈ", "emoji 😀😀"],
)
def test_a_password_that_readers_may_not_take_is_refused_by_its_place(
    site: Site, password: str
) -> None:
    export_id = site.finished("pdf")
    answer = site.post(f"{path(export_id)}/protected", {"password": password})
    [error] = problem(answer, "invalid-request")["errors"]
    assert error["pointer"] == "/password"
    assert error["detail"].startswith("must ")
    assert not password or password not in answer.text
    assert not downloads(site)


@pytest.mark.parametrize(
    "body", [{}, {"password": None}, {"password": 12345678}, {"password": ["password"]}, []]
)
def test_what_is_no_password_is_refused(site: Site, body: object) -> None:
    answer = site.post(f"{path(site.finished('pdf'))}/protected", body)
    problem(answer, "invalid-request")


def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    answer = site.post(f"{path(site.finished('pdf'))}/protected", {"password": "x" * 300_000})
    assert problem(answer, "body-too-large")["status"] == 413


@pytest.mark.parametrize("format_", ["csv", "xlsx", {"format": "pdf", "split": {"rows": 16_384}}])
def test_only_a_pdf_can_have_a_password(site: Site, format_: Any) -> None:
    export_id = site.finished(format_)
    [file] = site.get(f"/v1/exports/{export_id}/files").json()
    found = problem(ask(site, export_id, file["name"]), "not-a-pdf")
    assert found["status"] == 422
    assert "split" in found["detail"]
    assert not downloads(site)


def test_a_pdf_that_is_too_large_is_refused_and_not_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = site.finished("pdf")
    size = len(site.get(path(export_id)).content)
    monkeypatch.setattr(protected, "LARGEST", size - 1)
    monkeypatch.setattr(type(site.ports.files), "read", None)
    assert problem(ask(site, export_id), "too-large-to-protect")["status"] == 422
    monkeypatch.undo()
    monkeypatch.setattr(protected, "LARGEST", size)
    assert ask(site, export_id).status_code == 200


def test_what_cant_be_fetched_can_have_no_password(site: Site) -> None:
    export_id = site.export("pdf")
    assert problem(ask(site, export_id), "file-not-ready")["export_status"] == "queued"
    done = site.finished("pdf")
    problem(ask(site, done, "csv"), "not-found")
    problem(ask(site, str(uuid4())), "not-found")
    foreign = site.key(Scope.DOWNLOADS, workspace="another")
    problem(ask(site, done, secret=foreign), "not-found")
    site.world.clock.pass_by(days=8)
    assert problem(ask(site, done), "file-gone")["status"] == 410
    assert not downloads(site)


def test_a_destroyed_or_unreachable_file_is_no_download(site: Site) -> None:
    export_id = site.finished("pdf")
    site.world.files.failing = FilesUnavailable("host:9000")
    problem(ask(site, export_id), "files-unavailable")
    site.world.files.failing = None
    site.world.keys.destroy(layout.file_key(UUID(export_id), "pdf"))
    problem(ask(site, export_id), "file-gone")
    assert not downloads(site)


def test_a_copy_needs_the_scope_that_downloads_need(site: Site) -> None:
    export_id = site.finished("pdf")
    reader = site.key(Scope.EXPORTS_READ)
    assert problem(ask(site, export_id, secret=reader), "scope-missing")["scope"] == "downloads"
    assert ask(site, export_id, secret=site.key(Scope.DOWNLOADS)).status_code == 200


def test_a_refused_copy_is_on_record_as_one(site: Site) -> None:
    export_id = site.finished("csv")
    ask(site, export_id, "csv")
    [refusal] = facts(site, RefusalRecorded)
    assert (refusal.act, refusal.file) == ("download", "csv.protected")
    assert refusal.problem == "not-a-pdf"


@pytest.mark.parametrize(
    ("error", "slug", "status"),
    [
        (ProtectionBusy, "protection-busy", 503),
        (ProtectionTooLarge, "too-large-to-protect", 422),
        (ProtectionTooSlow, "protection-too-slow", 504),
        (ProtectionNotHere, "protection-not-here", 501),
    ],
)
def test_who_encrypts_nothing_now_says_so(
    site: Site, error: type[Exception], slug: str, status: int
) -> None:
    class Failing(NoProtection):
        def protect(self, size: int, plain: Callable[[], bytes], password: str) -> ProtectedCopy:
            raise error

    object.__setattr__(site.ports, "protection", Failing())
    answer = ask(site, site.finished("pdf"))
    assert problem(answer, slug)["status"] == status
    assert ("retry-after" in answer.headers) is (status == 503)
    assert not downloads(site)


def test_a_process_without_children_encrypts_nothing(site: Site) -> None:
    object.__setattr__(site.ports, "protection", NoProtection())
    problem(ask(site, site.finished("pdf")), "protection-not-here")
