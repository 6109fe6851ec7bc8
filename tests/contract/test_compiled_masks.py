"""The compiled kernel masks, byte for byte, as Python does, and leaves it the same rows."""

from __future__ import annotations

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.copy_text import LARGEST_COMPILED, NULL, FragmentMalformed
from domain.field_types import FieldType
from domain.masks import (
    ByPeriod,
    ByPrefix,
    ByWidth,
    Constant,
    Keep,
    Mask,
    Null,
    Pattern,
    Period,
    Shape,
    Token,
)
from domain.masks.columns import PERSON
from domain.masks.masking import Masked, MaskedColumn, MaskedMember, MaskedNested, Masking
from domain.ports import Fragment
from processors.compiled_masks import compiled_masks
from processors.kernel import SWITCH

KEY = b"k" * 32
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n"), max_size=20).map(
        str.encode
    ),
    st.binary(max_size=12).map(lambda cell: cell.translate(None, b"\t\n")),
    st.from_regex(r"[a-zäß]{0,5}@?[a-z@]{0,8}", fullmatch=True).map(str.encode),
    st.sampled_from([NULL, b"", b"\\\\", b"a\\tb", b"\\", b"\\\\N", b"@", b"\x0b", b"\xff", b"N"]),
)
DAYS = st.one_of(
    st.dates().map(lambda day: str(day).encode()),
    st.datetimes().map(lambda moment: str(moment).encode() + b"+00"),
    st.sampled_from(
        [NULL, b"infinity", b"-infinity", b"0044-03-15 BC", b"12024-04-01", b"2024-00-01"]
    ),
)
WHOLE = st.integers(-(10**20), 10**20).map(lambda number: str(number).encode())
FIGURES = st.one_of(
    WHOLE,
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda n: f"{n:f}".encode()),
    st.floats().map(lambda number: repr(number).encode()),
    st.sampled_from([NULL, b"-0", b"-0.0", b"-0.5", b"NaN", b"Infinity", b"1e+20", b"9" * 17]),
)
_CHARACTERS = st.sampled_from(["*", "•", "\\", "😀"])
PATTERNS = st.builds(
    Pattern,
    shape=st.sampled_from(Shape),
    first=st.integers(0, 4),
    last=st.integers(0, 4),
    character=_CHARACTERS,
    hidden=st.none() | st.integers(1, 8),
)
OF_TEXT = st.one_of(
    PATTERNS,
    st.builds(ByPrefix, prefix=st.integers(1, 5)),
    st.builds(Token, length=st.sampled_from([16, 32, 64])),
    st.builds(Constant, text=st.sampled_from(["", "hidden", "a\\b", "née"])),
    st.just(Null()),
    st.just(Keep()),
)
WIDTHS = st.builds(ByWidth, width=st.integers(1, 10**15))


def columns(*masks: tuple[int, Mask, FieldType]) -> list[MaskedColumn]:
    return [MaskedColumn(index=at, mask=mask, type=of, key=KEY) for at, mask, of in masks]


def both(width: int, masked: list[MaskedColumn], data: bytes) -> tuple[object, object]:
    """What Python and the kernel make of the rows, or why they don't."""
    compiled = compiled_masks(masked)
    assert compiled is not None, "there is no kernel to be tested: make kernel"
    return _made(Masking(width, masked), data), _made(Masking(width, masked, compiled), data)


def _made(masking: Masking, data: bytes) -> object:
    try:
        return masking.fragment(Fragment(rows=data.count(b"\n"), data=data))
    except (FragmentMalformed, ValueError) as refused:
        return type(refused), str(refused)


def of_rows(*rows: tuple[bytes, ...]) -> bytes:
    return b"".join(b"\t".join(row) + b"\n" for row in rows)


@given(
    text=OF_TEXT,
    period=st.sampled_from(Period),
    interval=WIDTHS,
    rows=st.lists(st.tuples(TEXTS, TEXTS, DAYS, FIGURES, WHOLE), max_size=12),
)
def test_every_mask_makes_the_same(
    text: Mask, period: Period, interval: Mask, rows: list[tuple[bytes, ...]]
) -> None:
    masked = columns(
        (4, interval, FieldType.INTEGER),
        (1, text, FieldType.TEXT),
        (2, ByPeriod(to=period), FieldType.INSTANT),
        (3, interval, FieldType.FLOAT),
    )
    by_python, by_kernel = both(5, masked, of_rows(*rows))
    assert by_kernel == by_python


@given(mask=OF_TEXT, cells=st.lists(TEXTS, max_size=12), at=st.integers(0, 2))
def test_a_column_wherever_it_stands(mask: Mask, cells: list[bytes], at: int) -> None:
    rows = [tuple(cell if at == column else b"\\\\x" for column in range(3)) for cell in cells]
    by_python, by_kernel = both(3, columns((at, mask, FieldType.TEXT)), of_rows(*rows))
    assert by_kernel == by_python


def test_rows_that_the_kernel_leaves_out_among_others() -> None:
    rows = [(b"%d" % number, b"anna@example.org") for number in range(20_000)]
    rows[7] = (b"7", b"a\\tb")
    rows[5_000:15_000:3] = [(b"odd", b"a\\\\@b")] * len(rows[5_000:15_000:3])
    rows[-1] = (b"last", b"\xff\xfe")
    masked = columns((1, Pattern(first=1, hidden=3), FieldType.TEXT))
    by_python, by_kernel = both(2, masked, of_rows(*rows))
    assert by_kernel == by_python


def test_ordinary_rows_are_all_the_kernels() -> None:
    masked = columns(
        (0, Token(), FieldType.UUID),
        (1, Pattern(shape=Shape.EMAIL, first=1, hidden=3), FieldType.TEXT),
        (2, ByPeriod(to=Period.QUARTER), FieldType.DATE),
        (3, ByWidth(width=10), FieldType.DECIMAL),
        (4, ByPrefix(prefix=2), FieldType.TEXT),
    )
    row = (b"5d1", "łucja@example.org".encode(), b"2024-07-31", b"-29.50", "ŁÓDŹ".encode(), b"\\n")
    nulls = (*[NULL] * 5, b"x")
    compiled = compiled_masks(masked)
    assert compiled is not None
    block = of_rows(row, nulls)
    content, end = compiled.write(block, 0)
    assert end == len(block)
    assert content == of_rows(
        (
            blake2b(b"5d1", key=KEY, person=PERSON, digest_size=16).hexdigest().encode(),
            "ł***@example.org".encode(),
            b"2024-Q3",
            b"[-30,-20)",
            "ŁÓ".encode(),
            b"\\n",
        ),
        nulls,
    )


def test_nested_values_beside_a_column_of_the_kernels() -> None:
    masked: list[Masked] = [
        MaskedColumn(index=0, mask=Token(), type=FieldType.TEXT, key=KEY),
        MaskedNested(
            index=1,
            members=(MaskedMember(name="n", type=FieldType.TEXT, mask=Token(), key=KEY),),
        ),
    ]
    rows = Fragment(rows=3, data=b'a\t{"n":"a"}\t1\na\\b\t[{"n":null}]\t2\n\\N\t\\N\t3\n')
    compiled = Masking(3, masked, compiled_masks(masked)).fragment(rows)
    assert compiled == Masking(3, masked).fragment(rows)
    assert b'"a"' not in compiled.data
    assert compiled_masks(masked[1:]) is None


@pytest.mark.parametrize("data", [b"a\n", b"a\tb\nc\n", b"\n\n", b"no line end", b"a\tb\nrest"])
def test_rows_of_another_shape_never_pass_unmasked(data: bytes) -> None:
    by_python, by_kernel = both(2, columns((1, Null(), FieldType.TEXT)), data)
    assert by_kernel == by_python
    assert isinstance(by_kernel, tuple)


def test_a_row_that_is_too_long_for_the_kernel() -> None:
    data = of_rows((b"x" * LARGEST_COMPILED, b"b"), (b"a", b"b"))
    by_python, by_kernel = both(2, columns((0, Pattern(hidden=3), FieldType.TEXT)), data)
    assert by_kernel == by_python == Fragment(rows=2, data=b"***\tb\n***\tb\n")


def test_without_the_kernel_all_is_done_by_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "off")
    assert compiled_masks(columns((0, Null(), FieldType.TEXT))) is None
