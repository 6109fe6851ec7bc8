"""Number formats that Excel takes, and those that make it repair the workbook."""

from __future__ import annotations

import pytest
from openpyxl.styles.numbers import BUILTIN_FORMATS

from domain.json_reading import ValueRefused
from domain.number_formats import Sort, read_number_format

_WITHOUT_SEMICOLONS = 44
"""openpyxl has lost those of this one of Excel's own formats; it is below as it should be."""


@pytest.mark.parametrize(
    "code",
    [
        *(code for number, code in BUILTIN_FORMATS.items() if number != _WITHOUT_SEMICOLONS),
        '#,##0.00 "EUR"',
        '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-',
        '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)',
        "[$-409]d mmm yyyy",
        "[$-F800]dddd, mmmm dd, yyyy",
        "[$-409]h:mm:ss AM/PM;@",
        "[Red]-0.0%",
        "0.00E+00",
        "##0.0E+0",
        "0.0E-0",
        "# ?/?",
        "# ??/100",
        "#,##0 ?/16",
        "?/?",
        "[hh]:mm:ss",
        "[m]:ss",
        "[s].00",
        "mm:ss.0",
        "yyyy-mm-dd hh:mm:ss.000",
        "yyyy\\-mm\\-dd;@",
        "0_);(0)",
        '[>=1000000]0.0,,"M";0',
        '[<1000]0;[<1000000]0.0,"k";0.0,,"M"',
        "[Red][<0]0;[Blue][>100]0;0",
        "[<0][Red]0;0",
        "[$-409][Red]0",
        "@",
        '"no. "@',
        "General",
        'General" h"',
        "[Color56]General;-General",
        "0;;",
        ";;;",
        ";;;@",
        "0;-0;0;General",
        "0;@",
        '"always"',
        "dddd, d mmmm yyyy",
        "dd.mm.yyyy",
        'yyyy"年"m"月"d"日"',
        "[$€-407] #,##0.00",
        "#,##0.00 [$EUR]",
        "#,##0.",
        ".00",
        "%0",
        "0%%",
        "(000) 000-0000",
        "000-00-0000",
        "#,##0.00 €;[Red]-#,##0.00 €",
        "0.0,",
        "0\\.0\\.0",
        "mmmmm",
    ],
)
def test_a_format_of_excels_is_read(code: str) -> None:
    read_number_format(code)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("E+", "E+ that is no number"),
        ("0E+", "is no number"),
        ("E+0", "is no number"),
        ("0E+0E+0", "is no number"),
        ("0E+0.0", "is no number"),
        ("0/", "0/ that is no number"),
        ("/0", "is no number"),
        ("0/0/0", "is no number"),
        ("0.0/0", "is no number"),
        ("0.0.0", "is no number"),
        (".", "is no number"),
        (",0", "is no number"),
        ("%", "is no number"),
        ("15", "is no number"),
        ("0 1", "is no number"),
        ("[Color0]0", "[Color1] to [Color56]"),
        ("[Color57]0", "has [Color57], which Excel doesn't know"),
        ("[Color99]0", "has [Color99], which Excel doesn't know"),
        ("[Purple]0", "colours such as [Red]"),
        ("[Red][Blue]0", "[Red][Blue]0 that has more than one colour"),
        ("0[Red]", "a colour that doesn't come first"),
        ("[<1][<2]0", "[<1][<2]0 that has more than one condition"),
        ("0[<1];0", "a condition that doesn't come first"),
        ("[>1]0;[>2]0;[>3]0;0", "fourth, which is of texts"),
        ("[>1]0;[>2]0;[>3]0", "more than two conditions"),
        ("h:mm;@;0;General@", "General@ that has more than General or @"),
        ("h:mm;@;0", "@ that is of texts (@), and only the last section is"),
        ("General General", "more than General or @"),
        ("General0", "more than General or @"),
        ("@0", "more than General or @"),
        ("@.", "more than General or @"),
        ("yyyy@", "more than General or @"),
        ("yyyy0", "digits in a date"),
        ("[h]0", "[h]0 that has digits in a date"),
        ("0 h", "digits in a date"),
        ("ss.0000", "digits in a date"),
        ("ss.##", "digits in a date"),
        ('ss".".000', "digits in a date"),
        ("mm.000", "digits in a date"),
        ("yyyy%", "digits in a date"),
        ("d1", "digits in a date"),
        ("yyyyE+0", "digits in a date"),
        ("0;0;0;0", "fourth, which is of texts; use @"),
        ("0;0;0;yyyy", "fourth, which is of texts; use @"),
        ("0;0;0;0;0", "more than four sections"),
        ("0 pieces", "put 'p' in double quotes"),
        ("0 [", "put '[' in double quotes"),
        ('"open', "put '\"' in double quotes"),
        ("0\\", "in double quotes"),
        ("0_", "put '_' in double quotes"),
        ("0*", "put '*' in double quotes"),
    ],
)
def test_a_format_that_excel_refuses_is_refused_with_what_to_do(code: str, says: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_number_format(code)
    assert says in str(refused.value)


def test_what_a_section_shows_is_known() -> None:
    read = read_number_format('0.00;[Red]"m";General;@')
    assert [section.sort for section in read] == [
        Sort.NUMBER, Sort.LITERAL, Sort.GENERAL, Sort.TEXT,
    ]  # fmt: skip
    (date,) = read_number_format('[$-409]mm:ss.0 "Uhr"')
    assert date.sort is Sort.DATE
    assert [token.kind for token in date.tokens] == [
        "locale", "date", "plain", "date", "mark", "digit", "plain", "quoted",
    ]  # fmt: skip
    assert date.tokens[0].text == "$-409"
