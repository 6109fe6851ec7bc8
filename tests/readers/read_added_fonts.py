"""Chinese, Japanese and Korean by Debian's Noto fonts: read back by Poppler and PDFium, checked by
qpdf, and drawn in the shapes of the font that the setting names first."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pypdfium2
import pytest

from domain.datasets import FieldType
from domain.formats import Format, FormatSpec, PdfOptions
from domain.ports import Fragment
from processors.pdf_fonts import pdf_fonts
from processors.renderers import Column, RenderPlan, prepare
from tests.joined import joined
from tests.readers.prepare import NOTO_CJK

_LANGUAGES: Final = {
    "japanese": "ja",
    "korean": "ko",
    "simplified": "zh-Hans",
    "traditional": "zh-Hant",
}
_FONTS: Final = {"japanese": 0, "korean": 1, "simplified": 2, "traditional": 3}
_SENTENCES: Final = (
    "山田太郎さんは、東京都渋谷区に住んでいます。",
    "「ご注文ありがとうございます！」と、店員は言った。",
    "ｱｲｳｴｵ　ＡＢＣ　１２３　（株）　㈱　㍻　～",
    "请将货物送到北京市朝阳区，谢谢！",
    "繁體中文：請將貨物送到臺北市信義區。",
    "서울특별시 강남구에 있는 회사입니다.",
    "直骨角刃 與与爲為 𠮷野家 髙﨑",
)
_IDEOGRAPHIC_SPACE: Final = "\N{IDEOGRAPHIC SPACE}"
"""Poppler takes it for the room between words."""


def _rows() -> list[str]:
    """Sentences, then all ideographs of the first block and all syllables, and kana."""
    blocks = ((0x3041, 0x3097), (0x30A1, 0x30FB), (0x4E00, 0x9FA6), (0xAC00, 0xD7A4))
    return [
        *_SENTENCES,
        *("".join(map(chr, range(start, min(start + 60, end))))
          for first, end in blocks for start in range(first, end, 60)),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def made(kept: Path) -> dict[str, Path]:
    """A file for each language."""
    return {
        name: _file(f"cjk-{name}", kept, f"{NOTO_CJK}#{number}") for name, number in _FONTS.items()
    }


def _file(name: str, folder: Path, fonts: str, language: str | None = None) -> Path:
    rows = _rows()
    options = PdfOptions(font_size=9, title="直骨角刃", language=language)
    plan = RenderPlan(
        spec=FormatSpec(format=Format.PDF, options=options),
        columns=(Column(name="text", label="名前・이름", type=FieldType.TEXT),),
        fonts=pdf_fonts(fonts),
    )
    frame = prepare(plan)
    part = frame.render(Fragment(rows=len(rows), data=("\n".join(rows) + "\n").encode()))
    assert not part.rejected
    path = folder / f"{name}.pdf"
    path.write_bytes(joined(frame, [part]))
    return path


@pytest.mark.parametrize("name", _FONTS)
def test_pdftotext_finds_every_row(name: str, made: dict[str, Path]) -> None:
    text = _run("pdftotext", "-layout", made[name], "-").decode()
    found = {" ".join(line.split()) for line in text.splitlines()}
    assert [row for row in _rows() if _as_read(row) not in found] == []


@pytest.mark.parametrize("name", _FONTS)
def test_pdfium_finds_every_row_of_plain_characters(name: str, made: dict[str, Path]) -> None:
    with pypdfium2.PdfDocument(made[name]) as document:
        found = set(_lines(document))
    assert [row for row in _rows()[len(_SENTENCES) :] if row not in found] == []


@pytest.mark.parametrize("name", _FONTS)
def test_qpdf_finds_nothing_wrong(name: str, made: dict[str, Path]) -> None:
    assert b"No syntax or stream encoding errors" in _run("qpdf", "--check", made[name])


def test_the_first_font_gives_the_shapes(made: dict[str, Path], kept: Path) -> None:
    """READERS_OUT keeps the pictures, to be looked at."""
    assert len({_drawn(file, kept) for file in made.values()}) == len(_FONTS)


@pytest.mark.parametrize("name", _FONTS)
def test_an_exports_language_chooses_among_all_of_them(
    name: str, made: dict[str, Path], kept: Path
) -> None:
    fonts = ",".join(f"{_LANGUAGES[each]}:{NOTO_CJK}#{number}" for each, number in _FONTS.items())
    chosen = _file(f"chosen-{name}", kept, fonts, _LANGUAGES[name])
    assert _drawn(chosen, kept) == _drawn(made[name], kept)
    plain = _run("qpdf", "--qdf", "--object-streams=disable", chosen, "-")
    assert f"/Lang ({_LANGUAGES[name]})".encode() in plain


def _drawn(file: Path, folder: Path) -> bytes:
    """The second page as a picture."""
    _run("pdftoppm", "-r", "150", "-f", "2", "-l", "2", "-png", file, folder / file.stem)
    [page] = folder.glob(f"{file.stem}-*.png")
    return page.read_bytes()


def _lines(document: pypdfium2.PdfDocument) -> Iterator[str]:
    for page in document:
        yield from page.get_textpage().get_text_range().splitlines()


def _as_read(row: str) -> str:
    return " ".join(row.replace(_IDEOGRAPHIC_SPACE, " ").split())


def _run(*command: object) -> bytes:
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout[-2000:] + done.stderr[-2000:]).decode()
    return done.stdout
