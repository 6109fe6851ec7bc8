"""Excel's number formats (ECMA-376 part 1, 18.8.31), read section by section: Excel repairs a
workbook with a format that breaks these rules, and the column loses how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from domain.json_reading import ValueRefused


class Sort(Enum):
    """What a section shows."""

    GENERAL = auto()
    TEXT = auto()
    DATE = auto()
    NUMBER = auto()
    LITERAL = auto()
    """The same whatever the value, perhaps nothing."""


class Token(NamedTuple):
    """`kind` is the name of a group of the pattern below."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    sort: Sort
    tokens: tuple[Token, ...]


def read_number_format(code: str) -> tuple[Section, ...]:
    """Raises `ValueRefused`."""
    sections = [tuple(section) for section in _split(_tokens(code))]
    if len(sections) > _MOST_SECTIONS:
        raise ValueRefused("has more than four sections")
    read = tuple(Section(_sort(tokens), tokens) for tokens in sections)
    for number, section in enumerate(read, 1):
        _check_brackets(section)
        if section.sort is Sort.TEXT and number < len(read):
            raise _refused(section.tokens, "is of texts (@), and only the last section is")
        if number == _MOST_SECTIONS and section.sort in (Sort.NUMBER, Sort.DATE):
            raise _refused(section.tokens, "is the fourth, which is of texts; use @ in it")
    conditions = sum(t.kind == "condition" for section in read for t in section.tokens)
    if conditions > _MOST_CONDITIONS:
        raise ValueRefused("has more than two conditions; the last section takes what is left")
    return read


_MOST_SECTIONS: Final = 4
_MOST_CONDITIONS: Final = 2
_TOKEN: Final = re.compile(
    r'(?P<quoted>"[^"]*")|(?P<escaped>\\.)|(?P<gap>_.)|(?P<fill>\*.)'
    r"|(?P<general>General)|(?P<clock>AM/PM|A/P)|(?P<exponent>[Ee][+-])"
    r"|\[(?:(?P<colour>Black|Blue|Cyan|Green|Magenta|Red|White|Yellow"
    r"|Color ?(?:[1-9]|[1-4][0-9]|5[0-6]))"
    r"|(?P<elapsed>h+|m+|s+)"
    r"|(?P<condition>(?:[<>]=?|<>|=)-?[0-9]+(?:\.[0-9]+)?)"
    r'|(?P<locale>\$[^\[\]"]{0,20}))\]'
    r"|(?P<date>y+|m+|d+|h+|s+)|(?P<digit>[0#?])|(?P<number>[1-9])|(?P<mark>[.,%/])|(?P<text>@)"
    r"|(?P<plain>[-+$():!^&'~{}<>= €£¥])|(?P<end>;)",
    re.DOTALL,
)
LITERALS: Final = {"quoted", "escaped", "gap", "fill", "plain", "locale"}
_LEADING: Final = {"colour", "condition", "locale"}
_OF_DATES: Final = {"date", "elapsed", "clock"}
_DECIMAL: Final = r"(?:[0#][0#,]*(?:\.[0#,]*)?|\.[0#][0#,]*)(?:E[0#]+)?"
_FRACTION: Final = r"[0#][0#,]*/(?:[0#]+|1[01]*)"
_NUMBER: Final = re.compile(f"{_DECIMAL}|{_FRACTION}")
_OF_A_SECOND: Final = re.compile(r"s\.0{1,3}")
_QUOTE: Final = "put what is to be shown as it is in double quotes"


def _tokens(code: str) -> Iterator[Token]:
    at = 0
    while at < len(code):
        found = _TOKEN.match(code, at)
        if found is None:
            raise _unknown(code[at:])
        kind = found.lastgroup or ""
        yield Token(kind, found[kind])
        at = found.end()


def _unknown(rest: str) -> ValueRefused:
    bracketed = re.match(r"\[[^\[\]]{1,30}\]", rest)
    if bracketed is None:
        return ValueRefused(f"is no number format: put {rest[0]!r} in double quotes")
    return ValueRefused(
        f"has {bracketed[0]}, which Excel doesn't know; in brackets are colours such as [Red] and "
        "[Color1] to [Color56], conditions such as [>=100], hours as [h], and currencies as "
        "[$€-407]; put '[' in double quotes to show it"
    )


def _split(tokens: Iterator[Token]) -> list[list[Token]]:
    sections: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "end":
            sections.append([])
        else:
            sections[-1].append(token)
    return sections


def _sort(tokens: Sequence[Token]) -> Sort:
    kinds = {token.kind for token in tokens} - LITERALS - _LEADING
    if not kinds:
        return Sort.LITERAL
    if "general" in kinds or "text" in kinds:
        if len(kinds) > 1 or sum(token.kind == "general" for token in tokens) > 1:
            raise _refused(tokens, f"has more than General or @; {_QUOTE}")
        return Sort.GENERAL if "general" in kinds else Sort.TEXT
    if kinds & _OF_DATES:
        if re.search("[0#1%E]", _OF_A_SECOND.sub("s", _shape(tokens, literal=" "))):
            raise _refused(
                tokens, f"has digits in a date, where only ss.000 or fewer noughts may be; {_QUOTE}"
            )
        return Sort.DATE
    if not _NUMBER.fullmatch(_shape(tokens, literal="").replace("%", "")):
        raise _refused(
            tokens,
            "is no number: it has digits (0 # ?), at most one point, and an exponent such as E+00 "
            f"or a fraction such as ?/?; {_QUOTE}",
        )
    return Sort.NUMBER


def _shape(tokens: Sequence[Token], literal: str) -> str:
    """The section with a character for each token."""
    return "".join(_letter(token, literal) for token in tokens)


def _letter(token: Token, literal: str) -> str:
    match token.kind:
        case "digit":
            return "0" if token.text == "0" else "#"
        case "number":
            return "1"
        case "exponent":
            return "E"
        case "mark" | "date" | "elapsed":
            return token.text[0]
        case "clock":
            return "a"
        case _:
            return literal


def _check_brackets(section: Section) -> None:
    kinds = [token.kind for token in section.tokens]
    for kind, name in (("colour", "colour"), ("condition", "condition")):
        if kinds.count(kind) > 1:
            raise _refused(section.tokens, f"has more than one {name}")
        if kind in kinds and not set(kinds[: kinds.index(kind)]) <= _LEADING:
            raise _refused(section.tokens, f"has a {name} that doesn't come first; move it there")


def _refused(tokens: Sequence[Token], why: str) -> ValueRefused:
    shown = "".join(
        f"[{text}]" if kind in ("colour", "condition", "locale", "elapsed") else text
        for kind, text in tokens
    )
    return ValueRefused(f"has a section {shown} that {why}")
