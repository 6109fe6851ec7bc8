"""From the files to a checked catalog: sources, then datasets, then what relates them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.datasets import Dataset
from infra.catalog.definitions import read_dataset
from infra.catalog.entries import CatalogInvalid, Entry, read_yaml
from infra.catalog.relating import Declared, relate
from infra.rows.source import KINDS, Source, SourceInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All that can be exported, by id."""

    datasets: Mapping[str, Dataset]
    sources: Mapping[str, Source]


def load_catalog(path: Path, env: Mapping[str, str] = os.environ) -> Catalog:
    """Reads one YAML file, or every `*.yaml` and `*.yml` of a directory as if they were one.

    `${NAME}` in a dsn is taken from `env`. Raises `CatalogInvalid`, which never holds a dsn."""
    entries = [read_yaml(file).members(_NONE, _PARTS) for file in _files(path)]
    sources = _sources([each["sources"] for each in entries if "sources" in each], env)
    declared = _declared([each["datasets"] for each in entries if "datasets" in each], sources)
    return Catalog(datasets=relate(declared), sources=sources)


_NONE: Final[frozenset[str]] = frozenset()
_PARTS: Final = frozenset({"sources", "datasets"})
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml"))
    if not found:
        raise CatalogInvalid(path, "", "this directory has no .yaml file; write one")
    return found


def _sources(parts: list[Entry], env: Mapping[str, str]) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for part in parts:
        for name, entry in part.mapping().items():
            Entry(file=entry.file, path=entry.path, value=name).name()
            if name in sources:
                raise entry.invalid("another file declares a source of this name; rename one")
            sources[name] = _source(entry, env)
    return sources


def _source(entry: Entry, env: Mapping[str, str]) -> Source:
    members = entry.members(frozenset({"kind", "dsn"}), frozenset({"statement_timeout"}))
    timeout = members.get("statement_timeout")
    try:
        return Source(
            kind=members["kind"].one_of(list(KINDS)),
            dsn=_expanded(members["dsn"], env),
            statement_timeout=timeout.seconds() if timeout else None,
        )
    except SourceInvalid as invalid:
        raise members["dsn"].invalid(str(invalid)) from None


def _expanded(entry: Entry, env: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in env:
            raise entry.invalid(f"the environment variable {found[1]} is not set; set it")
        return env[found[1]]

    return _VARIABLE.sub(value, entry.text())


def _declared(parts: list[Entry], sources: Mapping[str, Source]) -> dict[str, Declared]:
    declared: dict[str, Declared] = {}
    for part in parts:
        for entry in part.items():
            dataset = read_dataset(entry, sources)
            if dataset.id in declared:
                raise entry.invalid(f"there is another dataset {dataset.id}; rename one")
            declared[dataset.id] = Declared(dataset=dataset, entry=entry)
    return declared
