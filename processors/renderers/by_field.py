"""Options that are said by field name must name fields that are in the file: one that doesn't would
be left out in silence."""

from __future__ import annotations

from collections.abc import Iterable

from processors.renderers.frames import Column, PlanUnfit


class FieldNotThere(PlanUnfit):
    """An option names a field that isn't exported. Correct the name, or export the field too."""


def check_names(option: str, names: Iterable[str], columns: Iterable[Column]) -> None:
    """Raises `FieldNotThere` for the first name that no column has."""
    known = {column.name for column in columns}
    for name in names:
        if name not in known:
            raise FieldNotThere(f"{option} names {name[:60]!r}, which is not exported")
