"""What masks promise of any value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.copy_text import NULL, cells, escape, unescape
from domain.field_types import FieldType
from domain.masks import ByPrefix, Constant, Mask, Null, Pattern, Shape, Token
from domain.masks.masking import MaskedColumn, Masking
from domain.ports import Fragment

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
_values = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(str.encode)
_nasty = st.sampled_from(
    [b"", b"\t", b"\n", b"\\", b"\\N", b"a\\tb", b"\x00\x0b\x0c\r", b"\xff\xfe"]
)
values = _values | _nasty | st.binary(max_size=12)
_characters = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp", "Zs", "Cf", "Co"])
_kept = st.integers(0, 5)
_hidden = st.none() | st.integers(1, 8)
patterns = st.builds(
    Pattern,
    shape=st.sampled_from(Shape),
    first=_kept,
    last=_kept,
    character=_characters,
    hidden=_hidden,
)
lengths = st.sampled_from([16, 32, 64])
masks = st.one_of(
    st.builds(Token, length=lengths),
    st.builds(ByPrefix, prefix=st.integers(1, 5)),
    patterns,
)


def masked(mask: Mask, plain: list[bytes | None], key: bytes = KEY) -> list[bytes | None]:
    """The values after the mask, by way of a fragment with a column on either side of them."""
    rows = [b"left", b"right\\\\"]
    data = b"".join(
        b"\t".join([rows[0], NULL if value is None else escape(value), rows[1]]) + b"\n"
        for value in plain
    )
    masking = Masking(3, [MaskedColumn(index=1, mask=mask, type=FieldType.TEXT, key=key)])
    made = masking.fragment(Fragment(rows=len(plain), data=data))
    flat = cells(made.data, 3)
    assert (flat[::3], flat[2::3]) == ([rows[0]] * len(plain), [rows[1]] * len(plain))
    return [None if cell == NULL else unescape(cell) for cell in flat[1::3]]


@given(value=values)
def test_a_value_comes_back_from_its_cell(value: bytes) -> None:
    cell = escape(value)
    assert unescape(cell) == value
    assert not {b"\t", b"\n"} & {cell[at : at + 1] for at in range(len(cell))}
    assert cell != NULL


@given(mask=masks, plain=st.lists(st.none() | values, max_size=8))
def test_every_row_keeps_its_place_and_null_stays_null(
    mask: Mask, plain: list[bytes | None]
) -> None:
    made = masked(mask, plain)
    assert [value is None for value in made] == [value is None for value in plain]


@given(plain=st.lists(st.none() | values, max_size=5), text=_values.map(bytes.decode))
def test_a_constant_hides_even_whether_there_is_a_value(
    plain: list[bytes | None], text: str
) -> None:
    assert masked(Constant(text=text), plain) == [text.encode()] * len(plain)
    assert masked(Null(), plain) == [None] * len(plain)


@given(plain=st.lists(values, min_size=1, max_size=8), length=lengths)
def test_a_token_is_the_same_for_the_same_value_and_only_for_it(
    plain: list[bytes], length: int
) -> None:
    once, again = (masked(Token(length=length), [*plain]) for _ in range(2))
    assert once == again
    assert len(set(once)) == len(set(plain))
    for token in once:
        assert token is not None
        assert len(token) == length
        assert not set(token) - set(b"0123456789abcdef")


@given(value=values)
def test_a_token_of_another_key_or_length_has_nothing_in_common(value: bytes) -> None:
    (token,) = masked(Token(), [value])
    (other,) = masked(Token(), [value], OTHER_KEY)
    (longer,) = masked(Token(length=64), [value])
    assert token is not None
    assert longer is not None
    assert token != other
    assert token != value
    assert not longer.startswith(token)


@given(value=values, mask=patterns)
def test_a_pattern_shows_no_more_than_it_says(value: bytes, mask: Pattern) -> None:
    (made,) = masked(mask, [value])
    assert made is not None
    plain = value.decode(errors="surrogateescape")
    shown = made.decode(errors="surrogateescape")
    if mask.shape is Shape.EMAIL and "@" in plain:
        plain, at, behind = plain.rpartition("@")
        assert shown.endswith(at + behind)
        shown = shown.removesuffix(at + behind)
    elif mask.shape is Shape.EMAIL:
        mask = Pattern(character=mask.character, hidden=mask.hidden)
    between = len(plain) - mask.first - mask.last
    if between <= 0:
        assert shown == mask.character * (mask.hidden or len(plain))
    else:
        middle = mask.character * (mask.hidden or between)
        assert shown == plain[: mask.first] + middle + plain[len(plain) - mask.last :]


@given(value=values, mask=patterns)
def test_a_pattern_with_a_fixed_length_hides_how_long_the_value_was(
    value: bytes, mask: Pattern
) -> None:
    fixed = Pattern(first=0, last=0, character=mask.character, hidden=3)
    assert masked(fixed, [value]) == [mask.character.encode() * 3]


@given(plain=st.lists(st.none() | values, max_size=8), mask=masks)
def test_what_repeats_is_masked_as_it_was_the_first_time(
    plain: list[bytes | None], mask: Mask
) -> None:
    assert masked(mask, plain * 2) == masked(mask, plain) * 2
