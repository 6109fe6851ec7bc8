"""Fonts that an operator adds: which one draws a character, how it gets into the file and comes
back out of it as text, and which settings are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.fonts import Fonts
from domain.format_options import Unencodable
from domain.formats import Format as Name
from domain.formats import FormatSpec, PdfOptions, default_format
from domain.ports import Fragment
from processors.pdf_fonts import pdf_fonts
from processors.renderers import CodecMismatch, Column, Part, Reason, RenderPlan, prepare
from processors.renderers.pdf.added_faces import FontsChanged, FontUnusable, font_name
from processors.renderers.pdf.faces import BOLD, faces_with
from processors.renderers.pdf.frame import LanguageUnknown
from processors.renderers.pdf.shaping import Pen
from processors.renderers.pdf.texts import drawable
from tests.contract.pdf_reading import read_table
from tests.joined import joined
from tests.made_fonts import Made, file_of, font, saved

_JAPANESE = "山田、太郎。（）ー「」ァ　直骨角刃一"
_KINDS = {
    "glyf": Made(characters=_JAPANESE),
    "compact": Made(characters=_JAPANESE, compact=True),
    "numbered": Made(characters=_JAPANESE, compact=True, first_cid=1),
    "numbered otherwise": Made(characters=_JAPANESE, compact=True, first_cid=4_000),
}
_each_kind = pytest.mark.parametrize("made", _KINDS.values(), ids=_KINDS)


def _plan(fonts: Fonts, options: PdfOptions, label: str = "Text") -> RenderPlan:
    column = Column(name="text", label=label, type=FieldType.TEXT)
    spec = FormatSpec(format=Name.PDF, options=options)
    return RenderPlan(spec=spec, columns=(column,), fonts=fonts)


def _part(rows: list[str], fonts: Fonts, options: PdfOptions) -> Part:
    data = "".join(row + "\n" for row in rows).encode()
    return prepare(_plan(fonts, options)).render(Fragment(rows=len(rows), data=data))


def _file(rows: list[str], fonts: Fonts, options: PdfOptions | None = None) -> bytes:
    options = options or PdfOptions(cover=False)
    return joined(prepare(_plan(fonts, options)), [_part(rows, fonts, options)])


def _table(file: bytes) -> list[str]:
    return [row[0] for row in read_table(file, 1, 36)]


def _picture(file: bytes) -> bytes:
    with pypdfium2.PdfDocument(file) as document:
        return bytes(document[0].render(scale=2).buffer)


def _differences(one: bytes, other: bytes) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


@_each_kind
def test_what_the_shipped_faces_lack_is_drawn_and_read_back(made: Made, tmp_path: Path) -> None:
    rows = ["山田 太郎", "abc（一）", "直骨角刃 12"]
    file = _file(rows, saved(tmp_path, made))
    assert [row.replace(" ", "") for row in _table(file)] == [row.replace(" ", "") for row in rows]
    with pikepdf.open(BytesIO(file)) as document:
        assert document.check_pdf_syntax() == []
    assert _file(rows, saved(tmp_path, made)) == file


@pytest.mark.parametrize("kind", ["compact", "numbered", "numbered otherwise"])
def test_both_kinds_of_outlines_look_the_same(kind: str, tmp_path: Path) -> None:
    rows = ["山田太郎直骨", "角刃「」"]
    wanted = _picture(_file(rows, saved(tmp_path, _KINDS["glyf"])))
    found = _picture(_file(rows, saved(tmp_path, _KINDS[kind])))
    other = _picture(_file(["骨直郎太田山", "角刃「」"], saved(tmp_path, _KINDS[kind])))
    assert 20 * _differences(wanted, found) < _differences(wanted, other)


def test_a_file_has_the_glyphs_that_it_uses_and_no_others(tmp_path: Path) -> None:
    many = "".join(map(chr, range(0x4E00, 0x4E00 + 3_000)))
    for compact in (False, True):
        made = Made(characters=many, compact=compact, first_cid=1 if compact else None)
        with pikepdf.open(BytesIO(_file(["一丁丂"], saved(tmp_path, made)))) as document:
            fonts = document.pages[0].Resources.Font
            [descendant] = fonts[f"/W{BOLD + 1}"].DescendantFonts
            descriptor = descendant.FontDescriptor
            program = descriptor.FontFile3 if compact else descriptor.FontFile2
            assert len(program.read_bytes()) < (1_000 if compact else 20_000)
            assert len(descendant.W) == 2 * 3


@pytest.mark.parametrize("first", [0, 1])
def test_the_first_font_of_the_list_that_has_a_character_draws_it(
    first: int, tmp_path: Path
) -> None:
    japanese = Made(characters="直骨", name="Japanese", side=50)
    chinese = Made(characters="直骨门", name="Chinese", side=400)
    fonts = saved(tmp_path, japanese, chinese)
    if first == 1:
        fonts = fonts[::-1]
    used = {face for face, _, _ in Pen(8, faces_with(fonts)).line(_known("直", fonts)).glyphs}
    assert used == {BOLD + 1}
    only = {face for face, _, _ in Pen(8, faces_with(fonts)).line(_known("门", fonts)).glyphs}
    assert only == {BOLD + 2 - first}
    assert _picture(_file(["直骨"], fonts)) != _picture(_file(["直骨"], fonts[::-1]))


def test_an_export_chooses_the_shapes_of_a_language(tmp_path: Path) -> None:
    korean, japanese, chinese = saved(
        tmp_path,
        Made(characters="한直", name="Korean", side=100),
        Made(characters="直骨", name="Japanese", side=50),
        Made(characters="直骨门", name="Chinese", side=400),
    )
    fonts = (
        korean,
        replace(japanese, language="ja"),
        replace(chinese, language="zh-Hans"),
    )

    def file(language: str | None, among: Fonts = fonts) -> bytes:
        return _file(["直骨门한"], among, PdfOptions(cover=False, language=language))

    assert _picture(file("zh-hans")) == _picture(file(None, (chinese, korean, japanese)))
    assert _picture(file("ja")) == _picture(file(None, (japanese, korean, chinese)))
    assert _picture(file("ja")) != _picture(file(None))
    with pikepdf.open(BytesIO(file("ja"))) as opened:
        assert str(opened.Root.Lang) == "ja"
    with pytest.raises(LanguageUnknown, match=r"language is ko, .*fonts of: ja, zh-Hans"):
        file("ko")
    with pytest.raises(LanguageUnknown, match="fonts of: none"):
        file("ja", ())


def test_the_codec_says_which_fonts_came_first(tmp_path: Path) -> None:
    one, other = saved(tmp_path, Made(characters="直"), Made(characters="骨"))
    fonts = (one, replace(other, language="ja"))
    plain, chosen = (
        FormatSpec(format=Name.PDF, options=PdfOptions(language=language))
        for language in (None, "ja")
    )
    assert chosen.codec_with(fonts) == plain.codec_with(fonts[::-1]) != plain.codec_with(fonts)


def test_a_font_is_named_with_its_language(tmp_path: Path) -> None:
    (font,) = saved(tmp_path, Made(characters="直", name="Japanese"))
    (named,) = pdf_fonts(f"zh-Hant-HK:{font.path}")
    assert named == replace(font, language="zh-Hant-HK")
    assert font_name(named) == "Japanese (zh-Hant-HK)"
    odd = tmp_path / "a:b.ttf"
    odd.write_bytes(Path(font.path).read_bytes())
    (unnamed,) = pdf_fonts(str(odd))
    assert (unnamed.path, unnamed.language) == (str(odd), "")


def test_the_shipped_faces_come_first(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="aЖ→直"))
    line = Pen(8, faces_with(fonts)).line(_known("Ж→直", fonts))
    assert sorted(face > BOLD for face, _, _ in line.glyphs) == [False, False, True]


def test_what_no_font_has_rejects_its_row(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="山"))
    part = _part(["山", "川", "\ue000", "山\x01"], fonts, PdfOptions())
    assert [(each.row, each.reason) for each in part.rejected] == [
        (row, Reason.NO_GLYPH) for row in (1, 2, 3)
    ]


def test_characters_of_a_companys_own_are_drawn(tmp_path: Path) -> None:
    assert _table(_file(["a\ue000"], saved(tmp_path, Made(characters="\ue000")))) == ["a\ue000"]


def test_a_rare_character_doesnt_change_how_its_plain_double_is_read(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="一山", doubles={"⼀": "一"}))
    file = _file(["一山", "⼀山"], fonts)
    assert _table(file) == ["一山", "⼀山"]
    line = Pen(8, faces_with(fonts)).line(_known("⼀山", fonts))
    assert b"/ActualText<FEFF2f00>" in line.operators
    assert {text for _, _, text in line.glyphs} == {"一", "山"}
    assert b"ActualText" not in Pen(8, faces_with(fonts)).line(_known("一山", fonts)).operators


def test_a_composed_syllable_or_kana_doesnt_change_how_others_are_read(tmp_path: Path) -> None:
    """HarfBuzz draws parts by the whole where the font has that."""
    parts, whole = "字\u1112\u1161\u11ab山か\u3099", "字한山が"
    fonts = saved(tmp_path, Made(characters=parts + "한が"))
    line = Pen(8, faces_with(fonts)).line(_known(whole, fonts))
    of_parts = Pen(8, faces_with(fonts)).line(_known(parts, fonts))
    assert of_parts.glyphs == line.glyphs
    assert of_parts.width == line.width == 4_000


def test_a_selector_goes_with_its_ideograph(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="葛城"))
    text = "葛\U000e0100城"
    assert drawable(text, PdfOptions().on_missing_glyph, faces_with(fonts)) == text
    line = Pen(8, faces_with(fonts)).line(text)
    assert line.width == 2000
    assert b"<FEFF845bdb40dd0057ce>" in line.operators


def test_titles_headings_and_groups_are_drawn_too(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="山田太郎"))
    options = PdfOptions(title="山田")
    frame = prepare(_plan(fonts, options, label="太郎"))
    file = joined(frame, [frame.render(Fragment(rows=1, data=b"x\n"))])
    with pypdfium2.PdfDocument(file) as document:
        cover, page = (each.get_textpage().get_text_range() for each in document)
    assert "山田" in cover
    assert page.startswith("山田\r\n太郎\r\n")


def _known(text: str, fonts: Fonts) -> str:
    """Asked for, as every text is before it is drawn."""
    assert faces_with(fonts).lacking(text) == set()
    return text


def test_the_codec_names_the_fonts_and_their_order(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="a"), Made(characters="b", name="Other"))
    pdf, csv = default_format(Name.PDF), default_format(Name.CSV)
    assert re.fullmatch(re.escape(pdf.codec) + r"\+further-fonts:[0-9a-f]{12}",
                        pdf.codec_with(fonts))  # fmt: skip
    assert pdf.codec_with(()) == pdf.codec
    assert pdf.codec_with(fonts) != pdf.codec_with(fonts[::-1])
    assert csv.codec_with(fonts) == csv.codec
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    again = saved(elsewhere, Made(characters="a"), Made(characters="b", name="Other"))
    assert pdf.codec_with(fonts) == pdf.codec_with(again)


def test_a_worker_with_other_fonts_refuses_and_says_why(tmp_path: Path) -> None:
    japanese, chinese = saved(tmp_path, Made(characters="直"), Made(characters="直骨", name="B"))
    spec, columns = default_format(Name.PDF), _plan((), PdfOptions()).columns
    for planned, here in (((japanese, chinese), (chinese, japanese)), ((), (japanese,))):
        codec = spec.codec_with(planned)
        plan = RenderPlan(spec=spec, columns=columns, codec=codec, fonts=here)
        with pytest.raises(CodecMismatch, match="same font files in the same order"):
            prepare(plan)
    with pytest.raises(CodecMismatch) as refused:
        prepare(RenderPlan(spec=spec, columns=columns, codec="pdf/0"))
    assert "font files" not in str(refused.value)


def test_a_font_that_changes_under_a_running_service_is_told(tmp_path: Path) -> None:
    made = Made(characters="直", name="Changing")
    fonts = saved(tmp_path, made)
    path = Path(fonts[0].path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(FontsChanged, match=f"{path.name} has changed or gone"):
        _part(["直"], fonts, PdfOptions())
    path.unlink()
    with pytest.raises(FontsChanged, match="start every process"):
        _part(["直"], fonts, PdfOptions())
    assert _part(["plain"], fonts, PdfOptions()).rows == 1


def test_a_font_of_a_collection_is_named_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "two.ttc"
    both = (Made(characters="直", name="Japanese"), Made(characters="直骨", name="Chinese"))
    path.write_bytes(file_of(*map(font, both)))
    [chinese] = pdf_fonts(f" {path}#1 ,")
    assert chinese.index == 1
    assert _table(_file(["直骨"], (chinese,))) == ["直骨"]
    with pytest.raises(FontUnusable, match=r"collection\. Say which .* #0 Japanese, #1 Chinese"):
        pdf_fonts(str(path))
    with pytest.raises(FontUnusable, match="its last is #1"):
        pdf_fonts(f"{path}#2")


def test_no_setting_is_no_fonts() -> None:
    assert pdf_fonts("") == pdf_fonts("  ") == ()


def _truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _without_outlines(_: bytes) -> bytes:
    made = font(Made(characters="直"))
    del made["glyf"], made["loca"]
    return file_of(made)


def _without_characters(_: bytes) -> bytes:
    made = font(Made(characters="直"))
    for table in made["cmap"].tables:
        table.cmap = {}
    return file_of(made)


def _without(table: str) -> Callable[[bytes], bytes]:
    def without(data: bytes) -> bytes:
        return data.replace(table.encode(), b"zzzz", 1)

    return without


def _spoilt_compact(_: bytes) -> bytes:
    data = bytearray(file_of(font(Made(characters="直", compact=True, first_cid=1))))
    start = data.index(b"CFF ")
    offset = int.from_bytes(data[start + 8 : start + 12])
    data[offset + 4 : offset + 60] = b"\xff" * 56
    return bytes(data)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda _: b"", "is no TrueType or OpenType font"),
        (lambda _: b"no font" * 99, "is no TrueType or OpenType font"),
        (lambda data: b"wOF2" + data, "web font"),
        (lambda data: data[:4], "is damaged"),
        (_truncated, "is damaged: it ends in the middle of a table"),
        (_without("cmap"), "is damaged: it has no cmap"),
        (_without_characters, "is damaged: it has no characters"),
        (_spoilt_compact, "is damaged"),
        (_without_outlines, "has no outlines"),
        (lambda _: file_of(font(Made(characters="直", axes=True))), "is a variable font"),
        (lambda _: file_of(font(Made(characters="直", licence=0x2))), "fsType: restricted"),
        (lambda _: file_of(font(Made(characters="直", licence=0x104))), "fsType: no subsetting"),
        (lambda _: file_of(font(Made(characters="直", licence=0x200))), "fsType: bitmaps"),
    ],
)
def test_a_font_that_cant_be_used_is_refused_with_its_reason(
    spoil: Callable[[bytes], bytes], why: str, tmp_path: Path
) -> None:
    path = tmp_path / "spoilt.ttf"
    path.write_bytes(spoil(file_of(font(Made(characters="直骨")))))
    with pytest.raises(FontUnusable, match=why) as refused:
        pdf_fonts(str(path))
    assert str(refused.value).startswith(f"WAYBILL_PDF_FONTS: {path} ")


@given(
    kind=st.sampled_from(sorted(_KINDS)),
    damage=st.dictionaries(st.integers(0, 1_200), st.integers(0, 255), min_size=1, max_size=20),
)
def test_a_damaged_font_is_refused_or_drawn_as_it_is(
    folder: Path, kind: str, damage: dict[int, int]
) -> None:
    data = bytearray(file_of(font(_KINDS[kind])))
    for place, byte in damage.items():
        data[place % len(data)] = byte
    path = folder / "damaged.otf"
    path.write_bytes(data)
    with suppress(FontUnusable):
        fonts = pdf_fonts(str(path))
        options = PdfOptions(cover=False, on_missing_glyph=Unencodable.REPLACE)
        assert _file([_JAPANESE], fonts, options).startswith(b"%PDF")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.mark.parametrize("licence", [0x0, 0x4, 0x8, 0x6])
def test_a_font_that_may_be_embedded_is_taken(licence: int, tmp_path: Path) -> None:
    assert len(saved(tmp_path, Made(characters="直", licence=licence))) == 1


def test_a_file_that_isnt_there_or_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FontUnusable, match=r"none\.ttf can't be read: no such file"):
        pdf_fonts(str(tmp_path / "none.ttf"))
    with pytest.raises(FontUnusable, match="can't be read"):
        pdf_fonts(str(tmp_path))
    monkeypatch.setattr("processors.renderers.pdf.added_faces.LARGEST", 100)
    with pytest.raises(FontUnusable, match="100 are the most"):
        saved(tmp_path, Made(characters="直"))
    with pytest.raises(FontUnusable, match="16 are the most"):
        pdf_fonts(",".join(["a.ttf"] * 17))
