"""Masks within nested values: what a column of the same values would become, and nothing else of
the value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.copy_text import NULL, escape, unescape
from domain.datasets import FieldType
from domain.masks import ByWidth, Constant, Null, Pattern, Period, Token
from domain.masks.columns import column
from domain.masks.masking import MaskedColumn, MaskedMember, MaskedNested, Masking
from domain.masks.spec import ByPeriod, Mask
from domain.nested_values import NestedMalformed
from domain.ports import Fragment

KEY = b"a key of tests"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
MASKS: list[Mask] = [
    Token(),
    Null(),
    Constant(text='"x"\\ \t'),
    Pattern(first=1, last=1),
    Pattern(first=2, character="•", hidden=3),
]


def masking(*members: MaskedMember) -> Masking:
    return Masking(2, [MaskedNested(index=1, members=members)])


def masked(cell: object, *members: MaskedMember) -> object:
    """What becomes of a JSON value behind a number."""
    text = json.dumps(cell, ensure_ascii=False, separators=(",", ":")).encode()
    rows = Fragment(rows=1, data=b"1\t%b\n" % escape(text))
    before, _, after = masking(*members).fragment(rows).data[:-1].partition(b"\t")
    assert before == b"1"
    return json.loads(unescape(after))


@pytest.mark.parametrize("mask", MASKS, ids=repr)
@given(values=st.lists(st.none() | TEXTS, max_size=5))
def test_a_member_becomes_what_a_column_becomes(mask: Mask, values: list[str | None]) -> None:
    cells = [NULL if each is None else escape(each.encode()) for each in values]
    made = column(mask, FieldType.TEXT, KEY)(cells)
    expected = [None if cell == NULL else unescape(cell).decode() for cell in made]
    hidden = MaskedMember(name="hidden", type=FieldType.TEXT, mask=mask, key=KEY)
    plain = MaskedMember(name="n", type=FieldType.TEXT)
    objects = [{"hidden": each, "n": each} for each in values]
    assert masked(objects, hidden, plain) == [
        {"hidden": one, "n": other} for one, other in zip(expected, values, strict=True)
    ]


def test_numbers_and_days_come_as_their_text() -> None:
    members = (
        MaskedMember(name="age", type=FieldType.INTEGER, mask=ByWidth(width=10)),
        MaskedMember(name="born", type=FieldType.DATE, mask=ByPeriod(to=Period.YEAR)),
    )
    assert masked({"age": "23", "born": "1987-04-12"}, *members) == {
        "age": "[20,30)",
        "born": "1987",
    }
    assert masked({"age": 23, "born": None}, *members) == {"age": "[20,30)", "born": None}


def test_values_nested_deeper_are_masked_and_all_else_stays_byte_for_byte() -> None:
    inner = MaskedMember(name="name", type=FieldType.TEXT, mask=Constant(text="x"))
    members = (
        MaskedMember(name="doc", type=FieldType.JSON),
        MaskedMember(name="one", type=FieldType.JSON, members=(inner,)),
        MaskedMember(name="many", type=FieldType.JSON, members=(inner,)),
    )
    value = '[{"doc": {"name":"a\\"}]" , "n": 1.50} ,"one":%s,"many":%s}]'
    row = b"1\t%b\n"
    before = value % ('{"name":"b"}', '[{"name":"c"},{"name":null}]')
    after = value % ('{"name":"x"}', '[{"name":"x"},{"name":"x"}]')
    data = masking(*members).fragment(Fragment(rows=1, data=row % escape(before.encode()))).data
    assert data == row % escape(after.encode())
    nothing = value % ("null", "[]")
    rows = Fragment(rows=1, data=row % escape(nothing.encode()))
    assert masking(*members).fragment(rows).data == rows.data


def test_no_value_stays_none_and_broken_utf_8_stays_broken() -> None:
    name = MaskedMember(name="name", type=FieldType.TEXT, mask=Pattern(first=1))
    rows = Fragment(rows=2, data=b'1\t\\N\n2\t{"name":"\xffabc"}\n')
    assert masking(name).fragment(rows).data == b'1\t\\N\n2\t{"name":"\xff***"}\n'


def test_other_members_than_planned_are_a_failure_and_never_pass() -> None:
    name = MaskedMember(name="name", type=FieldType.TEXT, mask=Null())
    for value in (b'{"nmae":"a"}', b'{"name":"a","more":1}', b'[{"name":"a"}', b'{"name":["a"]}'):
        with pytest.raises(NestedMalformed):
            masking(name).fragment(Fragment(rows=1, data=b"1\t%b\n" % value))


def test_plain_columns_and_nested_ones_are_masked_side_by_side() -> None:
    name = MaskedMember(name="name", type=FieldType.TEXT, mask=Token(), key=KEY)
    both = Masking(
        2,
        [
            MaskedColumn(index=0, mask=Token(), type=FieldType.TEXT, key=KEY),
            MaskedNested(index=1, members=(name,)),
        ],
    )
    data = both.fragment(Fragment(rows=1, data=b'Ana\t{"name":"Ana"}\n')).data
    flat, _, nested = data[:-1].partition(b"\t")
    assert json.loads(nested) == {"name": flat.decode()}
