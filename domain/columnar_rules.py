"""How the choices for files of typed columns are read from JSON."""

from __future__ import annotations

from typing import Final

from domain.columnar_options import BodyCompression, Decimals, OutOfRange
from domain.format_rules import Rule, choice
from domain.json_reading import ValueRefused

MOST_DIGITS: Final = 38
"""Of a decimal: what fits in 128 bits, and what every reader knows."""


def decimal_scale(json: object) -> int:
    if isinstance(json, int) and not isinstance(json, bool) and 0 <= json <= MOST_DIGITS:
        return json
    raise ValueRefused(f"must be a whole number from 0 to {MOST_DIGITS}")


PARQUET_RULES: dict[str, Rule] = {
    "decimals": choice(Decimals),
    "decimal_scale": decimal_scale,
    "on_out_of_range": choice(OutOfRange),
}
ARROW_RULES: dict[str, Rule] = {**PARQUET_RULES, "body_compression": choice(BodyCompression)}
