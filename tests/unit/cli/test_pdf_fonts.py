"""What is wrong with the fonts that a setting names is said to whoever runs the service."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from cli.exits import Refused
from cli.finding import Finding
from cli.findings import findings
from cli.refusals import refusals
from infra.settings import Settings
from processors.pdf_fonts import pdf_fonts
from tests.made_fonts import Made, saved


def _found(tmp_path: Path, setting: str, count: int) -> list[Finding]:
    """What the doctor finds before it looks at the database."""
    settings = Settings(data_dir=tmp_path, pdf_fonts=setting)
    return list(islice(findings(settings, "postgresql://nowhere"), count))


def test_the_doctor_names_the_fonts(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="直"), Made(characters="骨", name="Other"))
    found = _found(tmp_path, ",".join(each.path for each in fonts), 2)[1]
    assert (found.name, found.ok) == ("fonts for PDFs", True)
    assert found.detail == "Boxes-Regular, Other"


def test_the_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    found = _found(tmp_path, f"{tmp_path}/none.ttf", 2)[1]
    assert (found.name, found.ok) == ("fonts for PDFs", False)
    assert "none.ttf can't be read: no such file or directory. Correct the path" in found.detail


def test_no_fonts_are_no_finding(tmp_path: Path) -> None:
    assert [each.name for each in _found(tmp_path, "", 1)] == ["disk"]


def test_a_process_doesnt_start_with_a_wrong_font(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^WAYBILL_PDF_FONTS: .*is no TrueType"), refusals():
        (tmp_path / "text.ttf").write_text("no font")
        pdf_fonts(str(tmp_path / "text.ttf"))
