"""All files of an export as one zip: complete, of known length, the same at every request."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bundles import _read, _run
from api.ports import Ticket
from domain import layout, manifests
from domain.access import Scope
from domain.downloads.events import DownloadEnded, DownloadGranted, DownloadStarted
from domain.events import Event
from domain.ports import FilesUnavailable
from domain.refusals.events import RefusalRecorded
from tests.fakes_api import Site, problem

LATIN = {"format": "csv", "options": {"encoding": "iso-8859-1"}}


def _path(export_id: str) -> str:
    return f"/v1/exports/{export_id}/bundle"


def _events(site: Site, *kinds: type[Event]) -> list[Any]:
    return [each.event for each in site.world.store.log(0, 10_000) if isinstance(each.event, kinds)]


def _downloads(site: Site) -> list[Any]:
    return _events(site, DownloadGranted, DownloadStarted, DownloadEnded)


def test_a_bundle_holds_every_file_with_its_waybill_and_its_rejected_rows(site: Site) -> None:
    site.world.rows.lines[2] = "2\t\u0416".encode()
    export_id = site.finished(LATIN, "ndjson", "xlsx")
    answer = site.get(_path(export_id))
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].endswith(f"-{export_id[:8]}.zip")
    assert "repr-digest" not in answer.headers
    with ZipFile(BytesIO(answer.content)) as bundle:
        assert bundle.testzip() is None
        assert {each.compress_type for each in bundle.infolist()} == {ZIP_STORED}
        stem = f"things-20260101-{export_id[:8]}"
        assert bundle.namelist() == [
            *(f"{stem}.csv{end}" for end in ("", ".waybill.json", ".rejections.ndjson")),
            *(f"{stem}.ndjson{end}" for end in ("", ".waybill.json")),
            *(f"{stem}.xlsx{end}" for end in ("", ".waybill.json")),
            "README.txt",
        ]
        for file in ("csv", "ndjson", "xlsx"):
            single = site.get(f"/v1/exports/{export_id}/files/{file}").content
            assert bundle.read(f"{stem}.{file}") == single
            signed = json.loads(bundle.read(f"{stem}.{file}.waybill.json"))
            assert signed["waybill"]["file"]["sha256"] == hashlib.sha256(single).hexdigest()
        readme = bundle.read("README.txt").decode()
        assert "waybill verify BUNDLE.zip" in readme
        assert f"1 rows are not in it: {stem}.csv.rejections.ndjson" in readme


def test_a_bundle_has_a_length_and_any_range_of_it_is_a_part(site: Site) -> None:
    path = _path(site.finished("csv", "ndjson"))
    whole = site.get(path).content
    told = site.call("HEAD", path).headers
    assert told["content-length"] == str(len(whole))
    for first, last in ((0, 3), (20, 100), (len(whole) - 5, len(whole) - 1), (7, 7)):
        same = {"Range": f"bytes={first}-{last}", "If-Range": told["etag"]}
        answer = site.get(path, headers=same)
        assert answer.status_code == 206
        assert answer.content == whole[first : last + 1]
    problem(site.get(path, headers={"Range": "bytes=99999999-"}), "range-not-satisfiable")


def test_the_same_export_gives_the_same_bundle_and_another_another(site: Site) -> None:
    first, other = site.finished("csv"), site.finished("csv")
    answers = [site.get(_path(each)) for each in (first, first, other)]
    assert answers[0].content == answers[1].content != answers[2].content
    tags = [answer.headers["etag"] for answer in answers]
    assert tags[0] == tags[1] != tags[2]


def test_a_bundle_is_recorded_as_one_download_before_its_first_byte(site: Site) -> None:
    export_id = site.finished("csv", "ndjson")
    size = len(site.get(_path(export_id)).content)
    granted, started, ended = _downloads(site)
    assert (granted.export_id, granted.file) == (UUID(export_id), "bundle")
    assert (started.first, started.length, ended.sent) == (0, size, size)
    [listed] = site.get(f"/v1/exports/{export_id}/downloads").json()["items"]
    assert (listed["file"], listed["complete"]) == ("bundle", True)


def test_a_link_to_a_bundle_needs_no_key(site: Site) -> None:
    export_id = site.finished()
    made = site.post(f"{_path(export_id)}/tickets", {"expires_in": 60})
    assert made.status_code == 201
    link = urlsplit(made.json()["url"]).path
    assert site.get(link, secret=None).content == site.get(_path(export_id)).content
    site.world.clock.pass_by(seconds=60)
    problem(site.get(link, secret=None), "link-expired")


def test_what_is_not_ready_has_no_bundle_yet(site: Site) -> None:
    export_id = site.export()
    problem(site.get(_path(export_id)), "file-not-ready")
    problem(site.post(f"{_path(export_id)}/tickets", {}), "file-not-ready")
    assert site.get(f"/v1/exports/{export_id}").json()["links"]["bundle"] is None
    refused = _events(site, RefusalRecorded)
    assert [each.file for each in refused] == ["bundle", "bundle"]
    site.world.finish(UUID(export_id))
    assert site.get(f"/v1/exports/{export_id}").json()["links"]["bundle"] == _path(export_id)


def test_a_bundle_goes_with_its_files(site: Site) -> None:
    export_id = site.finished("csv", "ndjson")
    site.world.keys.destroy(layout.file_key(UUID(export_id), "ndjson"))
    problem(site.get(_path(export_id)), "file-gone")
    other = site.finished()
    site.world.clock.pass_by(days=8)
    problem(site.get(_path(other)), "file-gone")
    problem(site.post(f"{_path(other)}/tickets", {}), "file-gone")


def test_bundles_need_the_scope_of_downloads_and_their_own_workspace(site: Site) -> None:
    path = _path(site.finished())
    problem(site.get(path, secret=site.key(Scope.EXPORTS_READ)), "scope-missing")
    problem(site.get(path, secret=site.key(workspace="other")), "not-found")


@pytest.mark.parametrize("lost", ["/parts/", "/manifest", "/waybill"])
def test_a_lost_object_is_told_before_anything_is_recorded(site: Site, lost: str) -> None:
    export_id = site.finished()
    for key in [key for key in site.world.files.objects if lost in key]:
        del site.world.files.objects[key]
    problem(site.get(_path(export_id)), "file-broken")
    site.world.files.failing = FilesUnavailable("host:9000")
    problem(site.get(_path(export_id)), "files-unavailable")
    assert not _downloads(site)


def test_a_manifest_without_a_crc_gives_the_same_bundle(site: Site) -> None:
    export_id = site.finished()
    whole = site.get(_path(export_id)).content
    key = layout.manifest(UUID(export_id), 1, "csv")
    data_key = site.world.keys.obtain(layout.file_key(UUID(export_id), "csv"))
    document = json.loads(site.world.sealed.get(key, data_key))
    assert manifests.from_json(json.dumps(document).encode()).crc32 == document.pop("crc32")
    older = json.dumps(document | {"manifest": 2}).encode()
    site.world.sealed.put(key, data_key, older)
    assert site.get(_path(export_id)).content == whole


def test_a_bundle_of_no_rows_is_whole(site: Site) -> None:
    site.world.rows.lines.clear()
    with ZipFile(BytesIO(site.get(_path(site.finished("ndjson"))).content)) as bundle:
        assert bundle.testzip() is None
        assert bundle.read(bundle.namelist()[0]) == b""


def test_a_link_whose_grant_was_never_recorded_opens_no_bundle(site: Site) -> None:
    ticket = Ticket(
        download_id=uuid4(),
        export_id=UUID(site.finished()),
        file="bundle",
        workspace="default",
        principal=uuid4(),
        expires_at=site.world.clock() + timedelta(hours=1),
    )
    text = site.ports.tickets.issue(ticket)
    problem(site.get(f"/v1/downloads/{text}", secret=None), "link-invalid")


@given(st.lists(st.binary(max_size=4), max_size=6), st.integers(0, 30), st.integers(0, 30))
def test_any_bytes_of_runs_are_found(texts: list[bytes], first: int, length: int) -> None:
    runs = [_run(text) for text in texts]
    assert b"".join(_read(runs, first, length)) == b"".join(texts)[first : first + length]
