"""A bundle passes when each of its files is what its waybill says, and only then."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from infra.bundle_verification import is_bundle, verify_bundle
from tests.waybills import example_key, write_example


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """A file and its waybill by their names in the bundle."""
    file, waybill = write_example(tmp_path)
    return {
        "flights.csv": file.read_bytes(),
        "flights.csv.waybill.json": waybill.read_bytes(),
        "flights.csv.rejections.ndjson": b"",
        "README.txt": b"",
    }


def bundle(folder: Path, files: dict[str, bytes], how: int = ZIP_STORED) -> Path:
    path = folder / "bundle.zip"
    with ZipFile(path, "w", how) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def detail(path: Path) -> str:
    verdict = verify_bundle(path)
    assert not verdict.ok
    return "; ".join(c.detail for _, each in verdict.files for c in each.checks if c.ok is False)


def test_a_bundle_of_what_was_signed_passes(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = bundle(tmp_path, files)
    assert is_bundle(path)
    verdict = verify_bundle(path, example_key().public)
    assert verdict.ok
    assert [name for name, _ in verdict.files] == ["flights.csv"]


def test_a_changed_file_is_named(tmp_path: Path, files: dict[str, bytes]) -> None:
    other = files | {"flights.csv": files["flights.csv"][:-3] + b"X\r\n"}
    assert "chunk 1" in detail(bundle(tmp_path, other))


def test_a_file_without_a_waybill_and_a_waybill_without_a_file_fail(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    more = files | {"more.csv": b"x", "less.csv.waybill.json": b"{}"}
    said = detail(bundle(tmp_path, more))
    assert "it has more.csv.waybill.json 0 times" in said
    assert "it has less.csv 0 times" in said


def test_what_could_grow_when_it_is_read_is_not_read(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    assert "not stored as Waybill stores it" in detail(bundle(tmp_path, files, ZIP_DEFLATED))


def test_one_name_twice_is_no_bundle_of_ours(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = bundle(tmp_path, files)
    with ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("flights.csv", b"another")
    assert "it has flights.csv 2 times" in detail(path)


def test_a_damaged_entry_is_told_by_its_waybill(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = bundle(tmp_path, files)
    data = bytearray(path.read_bytes())
    data[data.index(b"id,carrier") + 1] ^= 1
    path.write_bytes(data)
    assert "flights.csv can't be read from it" in detail(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"x" * 200])
def test_what_is_no_bundle_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(data)
    assert not is_bundle(path)
    assert not verify_bundle(path).ok
    assert not is_bundle(tmp_path / "missing.zip")
