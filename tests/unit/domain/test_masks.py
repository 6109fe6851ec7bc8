"""Masks by example: what is made of days, numbers and texts, and which masks are refused."""

from __future__ import annotations

import pytest

from domain.copy_text import FragmentMalformed
from domain.field_types import FieldType
from domain.masks import (
    ByPeriod,
    ByWidth,
    Keep,
    Mask,
    MaskInvalid,
    Null,
    Pattern,
    Period,
    Shape,
    Token,
    parse_mask,
    result_type,
    to_json,
)
from domain.masks.columns import column
from domain.masks.masking import MaskedColumn, Masking
from domain.masks.methods import METHODS
from domain.ports import Fragment

SAID: dict[str, object] = {
    "shape": "email",
    "first": 2,
    "last": 1,
    "character": "•",
    "hidden": 4,
    "to": "month",
    "width": 10,
    "prefix": 2,
    "length": 16,
    "scope": "crm",
    "text": "hidden",
}


def one(mask: Mask, value: str, of: FieldType = FieldType.TEXT) -> str:
    (made,) = column(mask, of, b"k" * 32)([value.encode()])
    return made.decode()


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("anna@example.org", "a***@example.org"),
        ("a@example.org", "***@example.org"),
        ("@example.org", "***@example.org"),
        ("a@b@example.org", "a***@example.org"),
        ("łucja@example.org", "ł***@example.org"),
        ("no address", "***"),
        ("", "***"),
    ],
)
def test_an_address_keeps_its_first_letter_and_what_is_behind_the_sign(
    value: str, masked: str
) -> None:
    mask = parse_mask({"method": "mask", "shape": "email"}, FieldType.TEXT)
    assert one(mask, value) == masked


def test_a_pattern_keeps_what_it_says_and_hides_a_value_that_is_too_short() -> None:
    mask = Pattern(first=1, last=2)
    assert [one(mask, value) for value in ("12345", "1234", "123", "")] == [
        "1**45",
        "1*34",
        "***",
        "",
    ]
    assert one(Pattern(character="\\"), "ab") == "\\\\\\\\"


@pytest.mark.parametrize(
    ("value", "year", "quarter", "month"),
    [
        ("2024-07-31", "2024", "2024-Q3", "2024-07"),
        ("2024-12-31 23:59:59.5+00", "2024", "2024-Q4", "2024-12"),
        ("0044-03-15 BC", "0044 BC", "0044-Q1 BC", "0044-03 BC"),
        ("12024-04-01", "12024", "12024-Q2", "12024-04"),
        ("infinity", "infinity", "infinity", "infinity"),
        ("-infinity", "-infinity", "-infinity", "-infinity"),
        ("\\N", "\\N", "\\N", "\\N"),
    ],
)
def test_a_day_becomes_its_period(value: str, year: str, quarter: str, month: str) -> None:
    made = [one(ByPeriod(to=to), value, FieldType.INSTANT) for to in Period]
    assert made == [year, quarter, month]


@pytest.mark.parametrize(
    ("value", "of", "interval"),
    [
        ("23", FieldType.INTEGER, "[20,30)"),
        ("20", FieldType.INTEGER, "[20,30)"),
        ("-1", FieldType.INTEGER, "[-10,0)"),
        ("9223372036854775807", FieldType.INTEGER, "[9223372036854775800,9223372036854775810)"),
        ("29.99", FieldType.DECIMAL, "[20,30)"),
        ("-0.5", FieldType.DECIMAL, "[-10,0)"),
        ("-10.00", FieldType.DECIMAL, "[-10,0)"),
        ("-10.01", FieldType.DECIMAL, "[-20,-10)"),
        ("1e+20", FieldType.FLOAT, "[100000000000000000000,100000000000000000010)"),
        ("-1.5e-07", FieldType.FLOAT, "[-10,0)"),
        ("NaN", FieldType.FLOAT, "NaN"),
        ("-Infinity", FieldType.FLOAT, "-Infinity"),
        ("9" * 5_000, FieldType.DECIMAL, f"[{'9' * 4_999}0,1{'0' * 5_000})"),
        (f"-{'9' * 5_000}.5", FieldType.DECIMAL, f"[-1{'0' * 5_000},-{'9' * 4_999}0)"),
    ],
)
def test_a_number_becomes_the_interval_that_it_is_in(
    value: str, of: FieldType, interval: str
) -> None:
    assert one(ByWidth(width=10), value, of) == interval


def test_fragments_without_masks_are_not_even_looked_at() -> None:
    fragment = Fragment(rows=1, data=b"no line end")
    assert Masking(5, []).fragment(fragment) is fragment


def test_rows_that_lack_the_column_never_pass_unmasked() -> None:
    masking = Masking(3, [MaskedColumn(index=2, mask=Null(), type=FieldType.TEXT)])
    with pytest.raises(FragmentMalformed, match="3 columns"):
        masking.fragment(Fragment(rows=2, data=b"a\tb\tc\na\tb\n"))
    with pytest.raises(FragmentMalformed):
        Masking(2, [MaskedColumn(index=2, mask=Null(), type=FieldType.TEXT)])


def test_several_columns_are_masked_and_the_others_stay() -> None:
    masking = Masking(
        4,
        [
            MaskedColumn(index=0, mask=ByWidth(width=5), type=FieldType.INTEGER),
            MaskedColumn(index=2, mask=Null(), type=FieldType.TEXT),
        ],
    )
    made = masking.fragment(Fragment(rows=2, data=b"7\ta\tb\tc\\td\n\\N\t\t\t\n"))
    assert made.data == b"[5,10)\ta\t\\N\tc\\td\n\\N\t\t\\N\t\n"


def test_a_key_is_in_no_representation() -> None:
    masked = MaskedColumn(index=0, mask=Token(), type=FieldType.TEXT, key=b"secret key")
    assert "secret" not in repr(masked)


@pytest.mark.parametrize("of", FieldType)
def test_a_mask_is_read_back_as_it_was_written_wherever_it_fits(of: FieldType) -> None:
    fitting = [(name, method) for name, method in METHODS if of in method.types]
    assert next(name for name, _ in fitting) == "keep"
    for name, method in fitting:
        said = {option: SAID[option] for option in method.rules}
        mask = parse_mask({"method": name, **said}, of)
        assert to_json(mask) == {"method": name, **said}
        assert parse_mask(to_json(mask), of) == mask
        unchanged = isinstance(mask, Keep | Null)
        assert result_type(mask, of) is (of if unchanged else FieldType.TEXT)


@pytest.mark.parametrize(
    ("json", "of", "at", "says"),
    [
        (5, "text", "", "must be a method's name or an object"),
        ({}, "text", "/method", "is missing. Use keep, mask, generalise, token, constant or null"),
        ("drop", "text", "/method", "leave the field out"),
        ("tokn", "text", "/method", "Did you mean token?"),
        ({"method": ["token"]}, "text", "/method", "none of the known"),
        ("token", "boolean", "/method", "Use keep, constant or null"),
        ("mask", "date", "/method", "doesn't fit a field of type date"),
        ("generalise", "date", "/to", "is missing. Write year, quarter or month"),
        ("generalise", "text", "/prefix", "is missing"),
        ({"method": "generalise", "to": "week"}, "date", "/to", "none of the known values"),
        ({"method": "generalise", "to": "year"}, "integer", "/to", "is unknown"),
        ({"method": "generalise", "width": 0}, "integer", "/width", "whole number from 1"),
        ({"method": "generalise", "width": True}, "integer", "/width", "whole number from 1"),
        ({"method": "mask", "first": -1}, "text", "/first", "whole number from 0 to 100"),
        ({"method": "mask", "character": "ab"}, "text", "/character", "one printable character"),
        ({"method": "mask", "character": "\t"}, "text", "/character", "one printable character"),
        ({"method": "mask", "hidden": 99}, "text", "/hidden", "or null for as many"),
        ({"method": "token", "length": 20}, "text", "/length", "one of 16, 32, 64"),
        ({"method": "token", "scope": "Über/uns"}, "text", "/scope", "a name of lower-case"),
        ({"method": "constant", "text": "a\nb"}, "text", "/text", "printable"),
        ({"method": "null", "text": ""}, "text", "/text", "is unknown"),
    ],
)
def test_what_can_not_be_used_is_refused_with_its_place_and_what_to_do(
    json: object, of: str, at: str, says: str
) -> None:
    with pytest.raises(MaskInvalid) as caught:
        parse_mask(json, FieldType(of), "/fields/0/mask")
    problem = caught.value.problems[0]
    assert problem.at == f"/fields/0/mask{at}"
    assert says in problem.text


def test_an_address_can_keep_more_or_less() -> None:
    mask = parse_mask({"method": "mask", "shape": "email", "first": 0}, FieldType.TEXT)
    assert mask == Pattern(shape=Shape.EMAIL, first=0, hidden=3)
