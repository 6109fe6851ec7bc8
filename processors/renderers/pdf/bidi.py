"""The order in which mixed text is read from left to right: the Unicode Bidirectional Algorithm
(UAX #9) of one line, without explicit embeddings and isolates, whose characters are dropped
before. The rules have the names that they have there."""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final, NamedTuple
from unicodedata import bidirectional


class Run(NamedTuple):
    """Characters from `start` up to `end` that are read in one direction; odd levels are read from
    right to left."""

    start: int
    end: int
    level: int


def has_right_to_left(text: str) -> bool:
    return _RIGHT_TO_LEFT.search(text) is not None


def visual_runs(text: str) -> list[Run]:
    """The runs of a line from left to right (L2)."""
    levels = _levels(text)
    runs: list[Run] = []
    for level, group in groupby(enumerate(levels), key=itemgetter(1)):
        places = [place for place, _ in group]
        runs.append(Run(places[0], places[-1] + 1, level))
    for level in range(max(levels, default=0), 0, -1):
        _reverse_from(runs, level)
    return runs


def base_level(text: str) -> int:
    """1 if the first strong character is read from right to left (P2, P3)."""
    kinds = (bidirectional(each) or "L" for each in text)
    return next((kind != "L" for kind in kinds if kind in _STRONG), False) + 0


MIRRORED: Final = str.maketrans("()[]{}<>«»", ")(][}{><»«")
"""What a bracket of a right-to-left run is drawn as (L4)."""

_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_STRONG: Final = {"L", "R", "AL"}
_DIRECTIONS: Final = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}"}

Kinds = list[str]


def _reverse_from(runs: list[Run], level: int) -> None:
    start = 0
    while start < len(runs):
        end = start
        while end < len(runs) and runs[end].level >= level:
            end += 1
        runs[start:end] = runs[start:end][::-1]
        start = max(end, start + 1)


def _levels(text: str) -> list[int]:
    base = base_level(text)
    around = "R" if base else "L"
    kinds = [bidirectional(each) or "L" for each in text]
    _marks_follow_their_letters(kinds, around)
    _numbers_after_arabic_letters(kinds, around)
    _separators_within_numbers(kinds)
    _terminators_beside_numbers(kinds)
    _numbers_after_latin_letters(kinds, around)
    _brackets_as_what_they_hold(text, kinds, around)
    _neutrals_as_their_neighbours(kinds, around)
    levels = [_level(kind, base) for kind in kinds]
    for place in range(len(text) - 1, -1, -1):  # L1
        if not text[place].isspace():
            break
        levels[place] = base
    return levels


def _level(kind: str, base: int) -> int:
    """I1, I2"""
    if base:
        return 1 if kind == "R" else 2
    return {"L": 0, "R": 1}.get(kind, 2)


def _marks_follow_their_letters(kinds: Kinds, around: str) -> None:
    """W1"""
    before = around
    for place, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[place] = before
        before = kinds[place]


def _numbers_after_arabic_letters(kinds: Kinds, around: str) -> None:
    """W2, W3"""
    strong = around
    for place, kind in enumerate(kinds):
        if kind in _STRONG:
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[place] = "AN"
        if kind == "AL":
            kinds[place] = "R"


def _separators_within_numbers(kinds: Kinds) -> None:
    """W4"""
    for place in range(1, len(kinds) - 1):
        before, kind, after = kinds[place - 1 : place + 2]
        if before == after and (
            (kind == "ES" and before == "EN") or (kind == "CS" and before in {"EN", "AN"})
        ):
            kinds[place] = before


def _terminators_beside_numbers(kinds: Kinds) -> None:
    """W5"""
    for start, end in _stretches(kinds, {"ET"}):
        if "EN" in (kinds[start - 1 : start] + kinds[end : end + 1]):
            kinds[start:end] = ["EN"] * (end - start)


def _numbers_after_latin_letters(kinds: Kinds, around: str) -> None:
    """W6, W7"""
    strong = around
    for place, kind in enumerate(kinds):
        if kind in {"ES", "ET", "CS"}:
            kinds[place] = "ON"
        elif kind in {"L", "R"}:
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[place] = "L"


def _brackets_as_what_they_hold(text: str, kinds: Kinds, around: str) -> None:
    """N0"""
    for opening, closing in _bracket_pairs(text, kinds):
        within = {_DIRECTIONS.get(kind) for kind in kinds[opening + 1 : closing]} - {None}
        if around in within:
            kinds[opening] = kinds[closing] = around
        elif within:
            before = (
                _DIRECTIONS[kind] for kind in reversed(kinds[:opening]) if kind in _DIRECTIONS
            )
            kinds[opening] = kinds[closing] = next(before, around)


def _bracket_pairs(text: str, kinds: Kinds) -> list[tuple[int, int]]:
    open_: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for place, (character, kind) in enumerate(zip(text, kinds, strict=True)):
        if kind != "ON":
            continue
        if character in _BRACKETS:
            open_.append((_BRACKETS[character], place))
        elif character in ")]}":
            for depth in range(len(open_) - 1, -1, -1):
                if open_[depth][0] == character:
                    pairs.append((open_[depth][1], place))
                    del open_[depth:]
                    break
    return sorted(pairs)


def _neutrals_as_their_neighbours(kinds: Kinds, around: str) -> None:
    """N1, N2"""
    for start, end in _stretches(kinds, set(kinds) - _DIRECTIONS.keys()):
        before = _DIRECTIONS[kinds[start - 1]] if start else around
        after = _DIRECTIONS[kinds[end]] if end < len(kinds) else around
        kinds[start:end] = [before if before == after else around] * (end - start)


def _stretches(kinds: Kinds, wanted: set[str]) -> list[tuple[int, int]]:
    """Where kinds that are wanted stand side by side."""
    edges = [kind in wanted for kind in ("", *kinds, "")]
    changes = [place for place, (a, b) in enumerate(pairwise(edges)) if a != b]
    return list(zip(changes[::2], changes[1::2], strict=True))
