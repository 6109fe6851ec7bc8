"""Options that are said by field name must name fields that are in the file: one that doesn't would
be left out in silence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from domain.formats import FormatSpec, PdfOptions, XlsxOptions
from domain.xlsx_formulas import fields_of, parse_formula

Members: TypeAlias = Mapping[str, Collection[str]]
"""The names of the fields that are exported, each with those of the members of its objects if it
holds nested values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownName:
    """`option` is where it stands within the format (a JSON pointer), `what` what people call that,
    `name` what is no exported field."""

    option: str
    what: str
    name: str

    def __str__(self) -> str:
        return f"{self.what} names {self.name[:60]!r}, which is not exported"


def unknown_name(spec: FormatSpec, fields: Members) -> UnknownName | None:
    """The first name that no field has; None if all have one."""
    for option, what, named, known in _named(spec, fields):
        for name in named:
            if name not in known:
                return UnknownName(option=option, what=what, name=name)
    return None


_Said: TypeAlias = tuple[str, str, Iterable[str], Collection[str]]
"""An option, what people call it, the names that it says, and those that it may say."""


def _named(spec: FormatSpec, fields: Members) -> Iterator[_Said]:
    if spec.split is not None and spec.split.by is not None:
        yield "split/by", "split", [spec.split.by], fields
    match spec.options:
        case XlsxOptions() as options:
            said = _in_workbooks(options, fields)
        case PdfOptions() as options:
            said = _in_documents(options, fields)
        case _:
            return
    for what, option, named, known in said:
        yield f"options/{option}", what, named, known


def _in_workbooks(options: XlsxOptions, fields: Members) -> Iterator[_Said]:
    sheets = dict(options.relation_sheets)
    yield "relation_sheets", "relation_sheets", sheets, fields
    for name, keys in sheets.items():
        yield f"the sheet {name}", "relation_sheets", keys, fields
    own = fields.keys() - sheets.keys()
    beside = {f"{name}.{member}" for name in sheets for member in fields[name]}
    beside |= {key for keys in sheets.values() for key in keys}
    formulas = {each.name for each in options.formulas}
    yield "field_formats", "field_formats", dict(options.field_formats), own | beside
    for option in ("conditional_formats", "field_styles"):
        yield option, option, dict(getattr(options, option)), own | formulas | beside
    yield "links", "links", options.links, own
    for each in options.formulas:
        needed = fields_of(parse_formula(each.formula))
        yield f"the formula {each.name}", "formulas", needed, own
    if options.summary is not None:
        yield "summary", "summary", options.summary.fields, own


def _in_documents(options: PdfOptions, fields: Members) -> Iterator[_Said]:
    yield "column_widths", "column_widths", dict(options.column_widths), fields
    yield "alignments", "alignments", dict(options.alignments), fields
    yield "group_by", "group_by", options.group_by, fields
    yield "links", "links", options.links, fields
    yield "totals", "totals", dict(options.totals), fields
