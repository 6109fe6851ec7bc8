"""Numbers keep their exact value, whatever their separators."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from tests.unit.processors.renderers.rendering import csv_cells

_EUROPEAN = {"delimiter": ";", "decimal_separator": ",", "thousands_separator": "."}


@pytest.mark.parametrize(
    ("type_", "cell", "written"),
    [
        (FieldType.INTEGER, b"1234567", "1.234.567"),
        (FieldType.INTEGER, b"-123", "-123"),
        (FieldType.INTEGER, b"-1234", "-1.234"),
        (FieldType.DECIMAL, b"-0.50", "-0,50"),
        (FieldType.DECIMAL, b"1234567890123456789.000001", "1.234.567.890.123.456.789,000001"),
        (FieldType.DECIMAL, b"NaN", "NaN"),
        (FieldType.DECIMAL, b"-Infinity", "-Infinity"),
        (FieldType.FLOAT, b"1.5e+20", "1,5e+20"),
        (FieldType.FLOAT, b"1e-05", "1e-05"),
        (FieldType.DECIMAL, rb"\N", ""),
    ],
)
def test_separators_are_those_of_the_options(type_: FieldType, cell: bytes, written: str) -> None:
    assert csv_cells(type_, cell, b"NaN", **_EUROPEAN)[0] == written
    assert csv_cells(type_, cell, b"1", **_EUROPEAN)[0] == written


@pytest.mark.parametrize(
    ("cell", "places", "written"),
    [
        (b"1.005", 2, "1.01"),
        (b"-1.005", 2, "-1.01"),
        (b"1.004999", 2, "1.00"),
        (b"9.999", 2, "10.00"),
        (b"-99.5", 0, "-100"),
        (b"0.5", 0, "1"),
        (b"-0.4", 0, "0"),
        (b"-0.004", 2, "0.00"),
        (b"7", 2, "7.00"),
        (b"1e+20", 1, "100000000000000000000.0"),
        (b"-1.5e-05", 5, "-0.00002"),
        (b"NaN", 2, "NaN"),
    ],
)
def test_fixed_places_round_half_away_from_zero(cell: bytes, places: int, written: str) -> None:
    assert csv_cells(FieldType.FLOAT, cell, decimal_places=places) == [written]


def test_integers_have_no_places() -> None:
    assert csv_cells(FieldType.INTEGER, b"5", decimal_places=2) == ["5"]


def test_what_is_no_number_stays_as_it_is_whatever_is_beside_it() -> None:
    """A field may be declared a decimal though its column holds texts, such as versions."""
    texts = b"1.2.3", b"2023-02-29", b".", b"1."
    assert csv_cells(FieldType.DECIMAL, b"7", *texts, b"0.5", decimal_places=2) == [
        *("7.00", "1.2.3", "2023-02-29", ".", "1.", "0.50"),
    ]


def test_a_number_of_any_length_is_written_soon() -> None:
    digits = b"9" * 131_072 + b"." + b"9" * 16_383
    (written,) = csv_cells(FieldType.DECIMAL, digits, decimal_places=1, thousands_separator=" ")
    assert written == "100" + " 000" * 43_690 + ".0"


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12),
    st.integers(0, 8),
)
def test_rounding_and_grouping_equal_the_decimal_module(number: Decimal, places: int) -> None:
    cell = f"{number:f}".encode()
    (written,) = csv_cells(FieldType.DECIMAL, cell, decimal_places=places, thousands_separator=" ")
    context = Context(prec=100, rounding=ROUND_HALF_UP)
    rounded = number.quantize(Decimal(1).scaleb(-places), context=context)
    expected = f"{rounded:,f}".replace(",", " ")
    unchanged = len(cell.partition(b".")[2]) == places
    assert written == (expected if rounded or unchanged else expected.removeprefix("-"))
