"""Strict reading of JSON that people write: every problem is named with its JSON pointer and with
what to do, all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`at` is a JSON pointer (RFC 6901); `text` reads on from it."""

    at: str
    text: str


class FormatInvalid(Exception):
    """The format isn't valid. Each problem says where it is and what to do."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.at or '/'} {problem.text}" for problem in problems))
        self.problems = problems


class ValueRefused(Exception):
    """The value can't be used here. The message says what can; `at` is the JSON pointer of what is
    wrong within the value, empty for the value itself."""

    def __init__(self, problem: str, at: str = "") -> None:
        super().__init__(problem)
        self.at = at


class Reading:
    """Collects the problems of one document."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, at: str, text: str) -> None:
        self.problems.append(Problem(at=at, text=text))

    def failure(self) -> FormatInvalid:
        return FormatInvalid(tuple(self.problems))

    def members(self, json: object, at: str, known: tuple[str, ...]) -> dict[str, Any] | None:
        """The members of an object, once unknown names are reported; None if it is no object."""
        if not isinstance(json, dict):
            self.problem(at, f"must be an object, not {kind(json)}")
            return None
        for name in json:
            if name not in known:
                self.problem(f"{at}/{escaped(name)}", unknown(name, known))
        return json

    def values(
        self, members: Mapping[str, Any], at: str, rules: Mapping[str, Callable[[object], Any]]
    ) -> dict[str, Any]:
        """What each rule makes of its member; a member that isn't there stays out."""
        values = {}
        for name, rule in rules.items():
            if name in members:
                try:
                    values[name] = rule(members[name])
                except ValueRefused as refused:
                    self.problem(f"{at}/{name}{refused.at}", str(refused))
        return values


def kind(json: object) -> str:
    """What a reader of JSON calls the value."""
    match json:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list() | tuple():
            return "an array"
        case _:
            return "an object"


def closest(name: object, known: tuple[str, ...]) -> str:
    """A hint at the known name that was probably meant; empty when none is near."""
    near = get_close_matches(str(name)[:100], known, n=1)
    return f"Did you mean {near[0]}? " if near else ""


def unknown(name: object, known: tuple[str, ...]) -> str:
    """What is said of a member that is not known."""
    return f"is unknown. {closest(name, known)}Known are {', '.join(known)}"


def escaped(name: object) -> str:
    """A name as it stands in a JSON pointer."""
    return str(name)[:100].replace("~", "~0").replace("/", "~1")
