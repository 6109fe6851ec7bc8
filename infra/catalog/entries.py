"""Strict reading of a YAML file: every value knows its file and path, so that an error can say
exactly what to mend.

All scalars are read as text, so `on`, `no` and `2024-01-01` mean what they say.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import yaml

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
MAX_LABEL: Final = 200
MAX_SECONDS: Final = 2_000_000  # PostgreSQL counts milliseconds in 32 bits
_NO_TEXT: Final = re.compile("[\\0\ud800-\udfff]")


class CatalogInvalid(Exception):
    """A file of datasets can't be used; the message names the file, the place and what to do."""

    def __init__(self, file: Path, path: str, problem: str) -> None:
        super().__init__(file, path, problem)
        self.file = file
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        place = f"{self.file}: {self.path}" if self.path else str(self.file)
        return f"{place}: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A value and where it stands. Each method raises `CatalogInvalid` when it is no such thing."""

    file: Path
    path: str
    value: object

    def members(
        self, required: frozenset[str], optional: frozenset[str] = frozenset()
    ) -> dict[str, Entry]:
        """The members of a mapping with exactly these names; empty optional ones are left out."""
        entries = self.mapping()
        known = sorted(required | optional)
        for name in entries:
            if name not in known:
                raise entries[name].invalid(
                    f"there is no such setting{_closest(name, known)}; known are {', '.join(known)}"
                )
        filled = {name: each for name, each in entries.items() if each.value not in ("", None)}
        for name in sorted(required - filled.keys()):
            raise self.invalid(f"{name} is missing")
        return filled

    def mapping(self) -> dict[str, Entry]:
        if not isinstance(self.value, dict):
            raise self.invalid("write a mapping, `name: value` to a line")
        return {str(name): self._below(f".{name}", value) for name, value in self.value.items()}

    def items(self) -> list[Entry]:
        if not isinstance(self.value, list) or not self.value:
            raise self.invalid("write a list, at least one `- ...`")
        return [self._below(f"[{index}]", value) for index, value in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            raise self.invalid("write a text")
        if _NO_TEXT.search(self.value):
            raise self.invalid("a text can't hold NUL or half of a surrogate pair")
        return self.value

    def label(self) -> str:
        text = self.text()
        if not text.isprintable() or len(text) > MAX_LABEL:
            raise self.invalid(f"write one line of at most {MAX_LABEL} visible characters")
        return text

    def name(self) -> str:
        text = self.text()
        if not NAME.fullmatch(text):
            raise self.invalid(
                "write a name of lower-case letters a-z, digits and _, with a letter first and"
                " 63 characters at most"
            )
        return text

    def one_of(self, choices: list[str]) -> str:
        text = self.text()
        if text not in choices:
            raise self.invalid(f"use one of {', '.join(choices)}{_closest(text, choices)}")
        return text

    def flag(self) -> bool:
        return self.one_of(["true", "false"]) == "true"

    def seconds(self) -> int:
        text = self.text()
        if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MAX_SECONDS:
            raise self.invalid(f"write a whole number of seconds from 1 to {MAX_SECONDS}")
        return int(text)

    def invalid(self, problem: str) -> CatalogInvalid:
        return CatalogInvalid(self.file, self.path, problem)

    def _below(self, step: str, value: object) -> Entry:
        return Entry(file=self.file, path=f"{self.path}{step}".removeprefix("."), value=value)


def read_yaml(file: Path) -> Entry:
    """The whole file. Raises `CatalogInvalid`, without quoting the file: it may hold secrets."""
    try:
        with file.open("rb") as stream:
            value = yaml.load(stream, Loader=_TextLoader)  # noqa: S506 - makes text, lists, dicts
    except OSError as error:
        raise CatalogInvalid(file, "", f"it can't be read ({error.strerror})") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise CatalogInvalid(file, f"line {line}", f"no valid YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError):
        raise CatalogInvalid(file, "", "it is no YAML in UTF-8") from None
    return Entry(file=file, path="", value=value)


class _TextLoader(yaml.BaseLoader):
    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        names = [key.value for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.MarkedYAMLError(
                    problem="the same name stands twice", problem_mark=node.start_mark
                )
        return super().construct_mapping(node, deep)


def _closest(name: str, known: list[str]) -> str:
    found = get_close_matches(name[:63], known, n=1)
    return f" (did you mean {found[0]}?)" if found else ""
