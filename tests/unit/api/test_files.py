"""Files over HTTP: whole, in ranges, by ticket; and what is recorded of it."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from api.ports import Ticket
from domain import layout
from domain.access import Scope
from domain.downloads.events import DownloadEnded, DownloadGranted, DownloadStarted, Via
from domain.events import Event
from domain.ports import FilesUnavailable
from processors.expire_files import expire_files
from tests.fakes_api import Site, problem

CONTENT = b"Id,Name\r\n" + b"".join(b"%d,name %d\r\n" % (n, n) for n in range(5))


def _downloads(site: Site) -> list[Event]:
    kinds = (DownloadGranted, DownloadStarted, DownloadEnded)
    return [each.event for each in site.world.store.log(0, 10_000) if isinstance(each.event, kinds)]


def _file(export_id: str) -> str:
    return f"/v1/exports/{export_id}/files/csv"


def _ticket(site: Site, export_id: str, expires_in: int = 60) -> str:
    answer = site.post(f"{_file(export_id)}/tickets", {"expires_in": expires_in})
    assert answer.status_code == 201
    assert answer.headers["location"] == answer.json()["url"]
    return str(urlsplit(answer.json()["url"]).path)


def test_a_file_is_fetched_with_all_that_a_client_needs_to_check_it(site: Site) -> None:
    answer = site.get(_file(site.finished()))
    assert answer.content == CONTENT
    headers = answer.headers
    digest = hashlib.sha256(CONTENT)
    assert headers["content-type"].startswith("text/csv; charset=utf-8")
    assert headers["content-length"] == str(len(CONTENT))
    assert headers["etag"] == f'"{digest.hexdigest()}"'
    encoded = base64.b64encode(digest.digest()).decode()
    assert headers["repr-digest"] == f"sha-256=:{encoded}:"
    assert headers["content-disposition"].startswith('attachment; filename="things-20260101-')
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["accept-ranges"] == "bytes"


def test_a_download_is_recorded_with_who_what_and_how_much(site: Site) -> None:
    export_id = site.finished()
    site.get(_file(export_id))
    granted, started, ended = _downloads(site)
    assert isinstance(granted, DownloadGranted)
    assert (granted.export_id, granted.file, granted.via) == (UUID(export_id), "csv", Via.KEY)
    assert str(granted.granted_to) == site.get("/v1/me").json()["actor"]
    assert isinstance(started, DownloadStarted)
    assert (started.first, started.length) == (0, len(CONTENT))
    assert isinstance(ended, DownloadEnded)
    assert ended.sent == len(CONTENT)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-3", 0, 3), ("bytes=9-", 9, len(CONTENT) - 1), ("bytes=-5", len(CONTENT) - 5, None)],
)
def test_a_range_is_a_part(site: Site, asked: str, first: int, last: int | None) -> None:
    last = len(CONTENT) - 1 if last is None else last
    answer = site.get(_file(site.finished()), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == CONTENT[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    started = _downloads(site)[1]
    assert isinstance(started, DownloadStarted)
    assert (started.first, started.length) == (first, last - first + 1)


def test_bytes_behind_the_end_are_refused_and_not_recorded(site: Site) -> None:
    answer = site.get(_file(site.finished()), headers={"Range": "bytes=9999-"})
    assert problem(answer, "range-not-satisfiable")["status"] == 416
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert not _downloads(site)


def test_a_range_of_another_file_gives_this_file_whole(site: Site) -> None:
    path = _file(site.finished())
    other = {"Range": "bytes=0-3", "If-Range": '"another"'}
    assert site.get(path, headers=other).content == CONTENT
    same = {"Range": "bytes=0-3", "If-Range": site.call("HEAD", path).headers["etag"]}
    assert site.get(path, headers=same).content == CONTENT[:4]


def test_head_tells_the_size_and_records_nothing(site: Site) -> None:
    export_id = site.finished()
    for path in (_file(export_id), _ticket(site, export_id)):
        answer = site.call("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == str(len(CONTENT))
    assert not any(isinstance(event, DownloadStarted) for event in _downloads(site))


def test_the_waybill_states_what_is_in_the_file(site: Site) -> None:
    answer = site.get(f"{_file(site.finished())}/waybill")
    waybill = answer.json()["waybill"]
    assert waybill["file"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert answer.headers["content-disposition"].endswith(".csv.waybill.json")
    granted = _downloads(site)[0]
    assert isinstance(granted, DownloadGranted)
    assert granted.file == "csv.waybill"


def test_rejected_rows_are_listed_apart(site: Site) -> None:
    site.world.rows.lines[2] = "2\t\u0416".encode()
    latin = {"format": "csv", "options": {"encoding": "iso-8859-1"}}
    export_id = site.finished(latin)
    link = site.get(f"/v1/exports/{export_id}/files").json()[0]["links"]["rejections"]
    answer = site.get(link)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert len([json.loads(line) for line in answer.text.splitlines()]) == 1
    granted = _downloads(site)[0]
    assert isinstance(granted, DownloadGranted)
    assert granted.file == "csv.rejections"


def test_without_rejected_rows_there_is_no_list_of_them(site: Site) -> None:
    problem(site.get(f"{_file(site.finished())}/rejections"), "not-found")


def test_an_empty_range_of_an_empty_dataset_is_whole(site: Site) -> None:
    site.world.rows.lines.clear()
    path = f"/v1/exports/{site.finished('ndjson')}/files/ndjson"
    assert site.get(path).content == b""
    problem(site.get(path, headers={"Range": "bytes=0-"}), "range-not-satisfiable")


def test_a_ticket_opens_one_file_without_a_key(site: Site) -> None:
    path = _ticket(site, site.finished())
    answer = site.get(path, secret=None)
    assert answer.content == CONTENT
    granted, started, _ = _downloads(site)
    assert isinstance(granted, DownloadGranted)
    assert granted.via is Via.TICKET
    assert isinstance(started, DownloadStarted)
    site.get(path, secret=None, headers={"Range": "bytes=0-1"})
    again = _downloads(site)[3]
    assert isinstance(again, DownloadStarted)
    assert again.number == 2


def test_a_ticket_expires(site: Site) -> None:
    path = _ticket(site, site.finished(), expires_in=60)
    site.world.clock.pass_by(seconds=60)
    assert problem(site.get(path, secret=None), "link-expired")["status"] == 410


def test_a_ticket_never_outlives_its_file(site: Site) -> None:
    export_id = site.finished(retention_days=1)
    site.world.clock.pass_by(hours=23)
    answer = site.post(f"{_file(export_id)}/tickets", {"expires_in": 86_400}).json()
    left = datetime.fromisoformat(answer["expires_at"]) - site.world.clock()
    assert left <= timedelta(hours=1)


def test_an_altered_ticket_is_as_unknown_as_any_other(site: Site) -> None:
    prefix, ticket = _ticket(site, site.finished()).rsplit("/", 1)
    other = ("A" if ticket[0] != "A" else "B") + ticket[1:]
    texts = (other, ticket + "A", ticket[:-1], "x", "x" * 400, "%00", "\u2603")
    answers = [site.get(f"{prefix}/{text}", secret=None) for text in texts]
    details = {problem(answer, "link-invalid")["detail"] for answer in answers}
    assert len(details) == 1


@pytest.mark.parametrize("expires_in", [0, 86_401, "1", None, 1.5])
def test_a_ticket_lasts_a_day_at_most(site: Site, expires_in: object) -> None:
    answer = site.post(f"{_file(site.finished())}/tickets", {"expires_in": expires_in})
    problem(answer, "invalid-request")


def test_a_file_that_is_not_ready_says_so(site: Site) -> None:
    export_id = site.export()
    found = problem(site.get(_file(export_id)), "file-not-ready")
    assert found["export_status"] == "queued"
    problem(site.post(f"{_file(export_id)}/tickets", {}), "file-not-ready")
    assert site.get(f"/v1/exports/{export_id}/files").json()[0]["links"] is None


def test_an_unknown_file_is_not_there(site: Site) -> None:
    for name in ("ndjson", "%2E%2E", "%00", "csv%2F..", "\u2603"):
        answer = site.get(f"/v1/exports/{site.finished()}/files/{name}")
        problem(answer, "not-found")


def test_a_destroyed_file_is_gone(site: Site) -> None:
    export_id = site.finished()
    path = _ticket(site, export_id, expires_in=86_400)
    site.world.keys.destroy(layout.file_key(UUID(export_id), "csv"))
    for asked in (_file(export_id), path):
        assert problem(site.get(asked), "file-gone")["status"] == 410
    site.world.clock.pass_by(days=8)
    site.world.work.expiries[UUID(export_id)] = site.world.clock()
    waybill = site.get(f"{_file(export_id)}/waybill").content
    expire_files(site.world.ports)
    problem(site.get(_file(export_id)), "file-gone")
    assert site.get(f"{_file(export_id)}/waybill").content == waybill


def test_a_file_past_its_retention_is_gone_though_nobody_has_destroyed_it_yet(site: Site) -> None:
    export_id = site.finished()
    site.world.clock.pass_by(days=8)
    problem(site.get(_file(export_id)), "file-gone")
    problem(site.post(f"{_file(export_id)}/tickets", {}), "file-gone")
    assert not _downloads(site)


@pytest.mark.parametrize("lost", ["/parts/", "/manifest", "/waybill"])
def test_a_lost_object_is_never_said_to_be_past_its_retention(site: Site, lost: str) -> None:
    export_id = site.finished()
    for key in [key for key in site.world.files.objects if lost in key]:
        del site.world.files.objects[key]
    asked = f"{_file(export_id)}/waybill" if lost == "/waybill" else _file(export_id)
    with capture_logs() as logs:
        problem(site.get(asked), "file-broken")
    [told] = [each for each in logs if each["log_level"] == "error"]
    assert export_id in told["why"]
    assert not _downloads(site)


def test_a_part_that_is_lost_in_mid_download_is_named_in_the_log(site: Site) -> None:
    export_id = site.finished()
    [part] = [key for key in site.world.files.objects if key.endswith("/parts/csv/00000000")]
    del site.world.files.objects[part]
    with capture_logs() as logs, pytest.raises(AssertionError):  # httpx takes no short answer
        site.get(_file(export_id))
    assert [each["why"] for each in logs if "why" in each] == [part]
    [end] = [each for each in _downloads(site) if isinstance(each, DownloadEnded)]
    assert end.sent < len(CONTENT)


def test_a_file_store_that_is_away_is_no_download(site: Site) -> None:
    export_id = site.finished()
    site.world.files.failing = FilesUnavailable("host:9000")
    answer = site.get(_file(export_id))
    assert "9000" not in answer.text
    problem(answer, "files-unavailable")
    assert not _downloads(site)


def test_a_changed_part_is_not_given_out(site: Site) -> None:
    export_id = site.finished()
    files = site.world.files.objects
    for key, (data, at) in files.items():
        if "/parts/" in key:
            files[key] = (data[:-1] + bytes([data[-1] ^ 1]), at)
    problem(site.get(_file(export_id)), "file-broken")
    assert not _downloads(site)


def test_the_downloads_of_an_export_are_listed(site: Site) -> None:
    export_id = site.finished()
    for _ in range(3):
        site.world.clock.pass_by(seconds=1)
        site.get(_file(export_id))
    path = f"/v1/exports/{export_id}/downloads"
    first = site.get(f"{path}?limit=2").json()
    rest = site.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]
    shown = first["items"][0]
    assert (shown["file"], shown["complete"], shown["bytes_sent"]) == ("csv", True, len(CONTENT))


def test_a_key_without_the_scope_downloads_nothing(site: Site) -> None:
    reader = site.key(Scope.EXPORTS_READ)
    answer = site.get(_file(site.finished()), secret=reader)
    assert problem(answer, "scope-missing")["scope"] == "downloads"
    assert not _downloads(site)


def test_a_store_that_fails_at_the_end_does_not_spoil_the_download(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = site.finished()
    execute = site.ports.downloads.execute

    def failing(aggregate_id: UUID, *commands: object) -> object:
        result = execute(aggregate_id, *commands)  # type: ignore[arg-type] # passed on
        site.world.store.unavailable = True
        return result

    monkeypatch.setattr(site.ports.downloads, "execute", failing)
    assert site.get(_file(export_id)).content == CONTENT


def test_a_ticket_for_an_export_that_is_not_there_opens_nothing(site: Site) -> None:
    ticket = Ticket(
        download_id=uuid4(),
        export_id=uuid4(),
        file="csv",
        workspace="default",
        principal=uuid4(),
        expires_at=site.world.clock() + timedelta(hours=1),
    )
    text = site.ports.tickets.issue(ticket)
    problem(site.get(f"/v1/downloads/{text}", secret=None), "link-invalid")


def test_a_ticket_whose_grant_was_never_recorded_opens_nothing(site: Site) -> None:
    ticket = Ticket(
        download_id=uuid4(),
        export_id=UUID(site.finished()),
        file="csv",
        workspace="default",
        principal=uuid4(),
        expires_at=site.world.clock() + timedelta(hours=1),
    )
    text = site.ports.tickets.issue(ticket)
    problem(site.get(f"/v1/downloads/{text}", secret=None), "link-invalid")
