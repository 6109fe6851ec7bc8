"""The filter language: an allow-listed tree that is checked against a dataset, said as a
sentence, and compiled by each source to bound parameters. It never becomes text in a query.

Two-valued: a row without a value in a field meets no comparison with it, so it meets `ne` and
every `not` around a comparison. Whatever a filter leaves out, its `not` keeps.
"""

from domain.filters.checks import check
from domain.filters.errors import FilterInvalid
from domain.filters.parsing import parse, value_from_json
from domain.filters.relative import Relative
from domain.filters.sentences import sentence
from domain.filters.tree import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Filter,
    In,
    IsNull,
    Not,
    Sealed,
    TextMatch,
    Value,
    fields_used,
    map_values,
)
from domain.filters.values import bound_text
from domain.filters.writing import to_json, value_to_json

__all__ = [
    "AllOf",
    "AnyOf",
    "Between",
    "Compare",
    "Filter",
    "FilterInvalid",
    "In",
    "IsNull",
    "Not",
    "Relative",
    "Sealed",
    "TextMatch",
    "Value",
    "bound_text",
    "check",
    "fields_used",
    "map_values",
    "parse",
    "sentence",
    "to_json",
    "value_from_json",
    "value_to_json",
]
