"""The fonts that a setting adds for PDFs, for the composition roots."""

from __future__ import annotations

from domain.fonts import Fonts


def pdf_fonts(setting: str) -> Fonts:
    """In the setting's order, each looked at. Raises `FontUnusable`."""
    if not setting.strip():
        return ()
    from processors.renderers.pdf.added_faces import named_fonts  # loads HarfBuzz

    return named_fonts(setting)
