"""Lines of scripts without spaces: they break between any two characters but those that UAX #14
keeps together."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fonts import Fonts
from processors.renderers.pdf.faces import faces_with
from processors.renderers.pdf.line_breaks import unbroken
from processors.renderers.pdf.shaping import Pen
from processors.renderers.pdf.texts import wrapped
from tests.made_fonts import Made, saved

_CHARACTERS = (
    "日本語漢字仮名かなカナッァー々、。）」』】（「『【！？：…　한국어中文—％￥・゛"
    "\u3099\u1112\u1161\u11ab"
)
_BEGIN_NONE = set("ッァー々、。）」』】！？：…％・゛)]},.!?:;/%\u3099\u1161\u11ab")
_END_NONE = set("（「『【￥([{$\u1112")


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Fonts:
    return saved(tmp_path_factory.mktemp("fonts"), Made(characters=_CHARACTERS))


def _lines(text: str, characters: float, fonts: Fonts) -> list[str]:
    faces = faces_with(fonts)
    assert faces.lacking(text) == set()
    return wrapped(text, int(characters * 1000), Pen(8, faces))


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("日本語漢字仮名", 3, ["日本語", "漢字仮", "名"]),
        ("日本語。漢字", 3, ["日本", "語。漢", "字"]),
        ("日本「語漢」字", 3, ["日本", "「語", "漢」字"]),
        ("日本語ッカ", 3, ["日本", "語ッカ"]),
        ("日本カー語", 3, ["日本", "カー語"]),
        ("日本語々、。", 3, ["日本", "語々、。"[:3], "。"]),
        ("日本——語", 3, ["日本", "——語"]),
        ("한국어 中文", 3, ["한국어 ", "中文"]),
        ("한국어한국어", 4, ["한국어한", "국어"]),
        ("日本abc漢字", 3, ["日本", "abc漢", "字"]),
        ("日本 abc-def", 2.2, ["日本 ", "abc-", "def"]),
        ("日本12%漢", 3, ["日本", "12%漢"]),
        ("(((((((((日本", 2, ["((((((", "(((日", "本"]),
        ("", 2, [""]),
    ],
)
def test_a_line_ends_where_the_scripts_let_it(
    text: str, room: float, lines: list[str], fonts: Fonts
) -> None:
    assert _lines(text, room, fonts) == lines


@given(st.text("日本語ッー、。）（「漢字 -ab1한", max_size=60), st.floats(1, 9))
def test_lines_are_the_text_and_fit(fonts: Fonts, text: str, room: float) -> None:
    lines = _lines(text, room, fonts)
    assert "".join(lines) == text
    pen = Pen(8, faces_with(fonts))
    assert all(pen.measure(line.rstrip(" ")) <= room * 1000 or len(line) == 1 for line in lines)


@given(st.text("日本語ッー、。）（「漢字ab1한か\u3099\u1112\u1161\u11ab", max_size=60))
def test_no_line_begins_or_ends_with_what_may_not(fonts: Fonts, text: str) -> None:
    """Where it is not alone, with a line that can hold more than what must stay together."""
    for piece in list(unbroken(text))[1:]:
        assert piece[0] not in _BEGIN_NONE
    for piece in list(unbroken(text))[:-1]:
        assert piece[-1] not in _END_NONE
    assert "".join(unbroken(text)) == text


def test_shaped_text_breaks_there_too(fonts: Fonts) -> None:
    text = "か\u3099日本、漢字\u1112\u1161\u11ab語"
    lines = _lines(text, 3, fonts)
    assert lines == ["か\u3099日", "本、漢", "字\u1112\u1161\u11ab語"]


def test_without_such_fonts_lines_are_as_they_were() -> None:
    """The emoji among the shipped faces that Unicode counts to these scripts."""
    pen = Pen(8, faces_with(()))
    text = "\u3297" * 9
    assert pen.faces.lacking(text) == set()
    assert wrapped(f"ab {text}", pen.measure("\u3297" * 4), pen)[0] == "ab "


def test_a_huge_text_takes_time_by_its_length(fonts: Fonts, tmp_path: Path) -> None:
    assert len(_lines("日本語（「" * 40_000, 20, fonts)) < 12_000
    assert len(_lines("(" * 200_000 + "日", 20, fonts)) < 12_000
