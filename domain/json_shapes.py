"""Arrays and objects inside an option, read as strictly as the options themselves: what is wrong in
one is said with the place where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from domain.format_options import OptionConflict
from domain.json_reading import ValueRefused, escaped, kind, unknown

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


class Listed(tuple[_Item, ...]):
    """An array in JSON, where a plain tuple of pairs is an object."""

    __slots__ = ()


EMPTY: Final[Listed[Any]] = Listed()


def listed(rule: Callable[[object], _Item], most: int) -> Callable[[object], Listed[_Item]]:
    """An array of at most so many values."""

    def read(json: object) -> Listed[_Item]:
        if not isinstance(json, list | tuple):
            raise ValueRefused(f"must be an array, not {kind(json)}")
        if len(json) > most:
            raise ValueRefused(f"has {len(json)} values; at most {most} are allowed")
        return Listed(_within(str(at), rule, each) for at, each in enumerate(json))

    return read


def record(
    make: Callable[..., _Made],
    rules: Mapping[str, Callable[[object], Any]],
    needed: Iterable[str] = (),
) -> Callable[[object], _Made]:
    """An object with known members, some of which it must have; `make` may raise
    `OptionConflict`."""

    def read(json: object) -> _Made:
        if not isinstance(json, dict):
            raise ValueRefused(f"must be an object, not {kind(json)}")
        for name in json:
            if name not in rules:
                raise ValueRefused(unknown(name, tuple(rules)), f"/{escaped(name)}")
        for name in needed:
            if name not in json:
                raise ValueRefused("is missing", f"/{name}")
        values = {name: _within(name, rules[name], json[name]) for name in rules if name in json}
        try:
            return make(**values)
        except OptionConflict as conflict:
            raise ValueRefused(conflict.problem, f"/{conflict.option}") from conflict

    return read


def or_null(rule: Callable[[object], _Item]) -> Callable[[object], _Item | None]:
    return lambda json: None if json is None else rule(json)


def _within(name: str, rule: Callable[[object], _Item], json: object) -> _Item:
    try:
        return rule(json)
    except ValueRefused as refused:
        raise ValueRefused(str(refused), f"/{escaped(name)}{refused.at}") from refused
