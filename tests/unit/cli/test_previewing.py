"""A preview is shown as a table, or saved as the file that it is."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from cli.exits import Refused
from cli.previewing import save_preview, tell_rows
from tests.unit.cli.servers import answering, problem


def answer(**headers: str) -> httpx.Response:
    given = {"content-disposition": 'attachment; filename="things-preview.csv"', **headers}
    return httpx.Response(200, content=b"Id\r\n", headers=given)


def test_a_file_is_saved_under_the_servers_name_or_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for out in (None, Path("folder"), Path("own.csv")):
        save_preview(answer(**{"waybill-rows": "7"}), out, json=False)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv")} == {
        "things-preview.csv", "folder/things-preview.csv", "own.csv",
    }  # fmt: skip
    assert "own.csv (7 rows)" in capsys.readouterr().out


def test_rows_that_cant_be_in_the_file_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    why = '1;field="name";reason=unencodable'
    told = {"waybill-rows": "4", "waybill-rejected": "1", "waybill-rejections": why}
    save_preview(answer(**told), tmp_path / "a.csv", json=False)
    assert f"1 rows can't be in it: {why}" in " ".join(capsys.readouterr().out.split())
    save_preview(answer(**told), tmp_path / "a.csv", json=True)
    assert json.loads(capsys.readouterr().out)["rejected"] == 1


def test_a_place_that_cant_be_written_to_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="can't be written"):
        save_preview(answer(), tmp_path / "none" / "a.csv", json=False)


def test_rows_are_a_table_or_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    found = {"fields": [{"name": "id"}, {"name": "name"}], "rows": [[1, None], [2, "Anna"]]}
    tell_rows(found, json=False)
    assert "Anna" in capsys.readouterr().out
    tell_rows(found, json=True)
    assert json.loads(capsys.readouterr().out) == found


def test_a_refused_preview_says_why() -> None:
    api = answering(
        lambda _: problem(422, errors=[{"pointer": "/format/split/by", "detail": "no"}])
    )
    with pytest.raises(Refused, match=r"format\.split\.by: no"):
        api.post_for_bytes("/v1/datasets/x/preview", {})
