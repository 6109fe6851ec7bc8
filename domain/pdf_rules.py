"""What each option of a PDF may be."""

from __future__ import annotations

import re
from typing import Final

from domain.format_options import Header, Unencodable
from domain.format_rules import (
    CSV_RULES,
    Rule,
    boolean,
    by_field,
    choice,
    colour,
    field_names,
    several,
    whole_number,
)
from domain.json_reading import ValueRefused
from domain.logos import logo
from domain.pdf_options import Alignment, Chart, Orientation, Overflow, Page, Total, Widths


def title(json: object) -> str | None:
    """A line of text, or null for the dataset's label."""
    if json is None:
        return None
    if isinstance(json, str) and 0 < len(json) <= _LONGEST_TITLE and json.isprintable():
        return json
    raise ValueRefused(f"must be 1 to {_LONGEST_TITLE} printable characters, or null")


def language(json: object) -> str | None:
    """A language tag of language, script and region at most (RFC 5646), or null."""
    if json is None or (isinstance(json, str) and LANGUAGE.fullmatch(json)):
        return json
    raise ValueRefused('must be a language tag such as "ja", "zh-Hant" or "zh-HK", or null')


LANGUAGE: Final = re.compile("[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")
_LONGEST_TITLE: Final = 200


_MOST_GROUPS: Final = 5
_MOST_LINKS: Final = 20
_AS_IN_CSV: Final = (
    "null_text", "date_format", "timestamp_format", "instant_format", "zone",
    "decimal_separator", "thousands_separator", "decimal_places", "true_text", "false_text",
)  # fmt: skip

PDF_RULES: dict[str, Rule] = {
    "page": choice(Page),
    "orientation": choice(Orientation),
    "margin": whole_number(14, 144),
    "cover": boolean,
    "title": title,
    "header": choice(Header),
    "font_size": whole_number(4, 24),
    "widths": choice(Widths),
    "column_widths": by_field(whole_number(1, 1000), '{"name": 3}'),
    "alignments": by_field(choice(Alignment), '{"zip": "right"}'),
    "overflow": choice(Overflow),
    "colour": colour,
    "logo": logo,
    "stripes": boolean,
    "group_by": field_names(_MOST_GROUPS),
    "charts": by_field(several(choice(Chart)), '{"amount": "bar"}'),
    "links": field_names(_MOST_LINKS),
    "totals": by_field(several(choice(Total)), '{"amount": ["sum", "average"]}'),
    **{name: CSV_RULES[name] for name in _AS_IN_CSV},
    "on_missing_glyph": choice(Unencodable),
    "language": language,
}
