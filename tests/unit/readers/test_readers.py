"""How what readers found is compared, and that they stay out of Waybill's own dependencies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from domain.datasets import FieldType
from tests.contract.nasty_values import NASTY
from tests.readers import read_tables
from tests.readers.expected import expected, same

_FOLDER = Path(read_tables.__file__).parent


def _same(wanted: Any, found: Any, **known: bool) -> bool:
    return same(wanted, found, **{"texts": False, "blind": False, "coarse": False, **known})


def test_every_reader_is_a_program_that_is_there() -> None:
    programs = {path.stem for path in (_FOLDER / "programs").glob("by_*")}
    assert {f"by_{reader.name}" for reader in read_tables.READERS} == programs


def test_what_readers_import_is_locked_by_hash_and_names_no_host() -> None:
    text = (_FOLDER / "requirements.lock").read_text()
    assert "://" not in text
    packages = re.split(r"\n(?=[a-z])", text.strip())
    assert all("--hash=sha256:" in package for package in packages)
    assert "integrity" in (_FOLDER / "package-lock.json").read_text()


@pytest.mark.parametrize(
    ("kind", "name", "cell"),
    [
        ("csv", "a formula", ["text", "'=1+1"]),
        ("json", "a formula", ["text", "=1+1"]),
        ("json", "decimal NaN", ["text", "NaN"]),
        ("json", "decimal -0.10", ["number", "-0.10"]),
        ("xlsx", "integer 9223372036854775807", ["text", "9223372036854775807"]),
        ("xlsx", "time 23:59:59.999999", ["moment", "23:59:59.999000"]),
        ("columnar", "decimal 1.10", ["text", "1.10"]),
        ("columnar", "float NaN", ["number", "NaN"]),
    ],
)
def test_what_is_written_down_of_a_value_is_expected(kind: str, name: str, cell: Any) -> None:
    (nasty,) = (each for each in NASTY if each.name == name)
    assert expected(kind, nasty.type, nasty.value, nasty) == cell


def test_of_an_ordinary_value_its_own_type_is_expected() -> None:
    assert expected("xlsx", FieldType.INTEGER, "5", None) == ["number", "5"]
    assert expected("csv", FieldType.TEXT, "-12.50 deducted", None) == ["text", "'-12.50 deducted"]
    assert expected("json", FieldType.TEXT, None, None) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["text", "007"], ["text", "7"]),
        (["text", "5"], ["number", "5"]),
        (["number", "5"], ["text", "5"]),
        (["number", "0.1"], ["number", "0.10000000000000002"]),
        (["text", ""], None),
        (None, ["text", ""]),
        (["moment", "2013-01-01 00:00:00"], ["moment", "2013-01-01 00:00:01"]),
        (["moment", "2013-01-01 00:00:00"], ["text", "2013-01-01 00:00:00"]),
        (["json", "[1, 2]"], ["json", "[2, 1]"]),
        (["boolean", "true"], ["boolean", "f"]),
    ],
)
def test_a_difference_is_seen(wanted: Any, found: Any) -> None:
    assert not _same(wanted, found)


def test_what_a_reader_cannot_tell_is_forgiven_it_alone() -> None:
    assert _same(["text", ""], None, blind=True)
    assert not _same(["text", "x"], None, blind=True)
    assert _same(["number", "1.10"], ["text", "1.1"], texts=True)
    assert not _same(["text", "1.10"], ["text", "1.1"], texts=True)
    moments = ["moment", "2013-01-01 10:00:00.9"], ["text", "2013-01-01 10:00:01"]
    assert _same(*moments, texts=True, coarse=True)
    assert not _same(*moments, texts=True)
