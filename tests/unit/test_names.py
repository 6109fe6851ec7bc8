"""Our packages lie flat at the top level, so no dependency may ship one of the same name."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import PurePath

OURS = {"api", "cli", "domain", "infra", "processors", "projections", "schemas", "tests"}


def test_no_installed_distribution_ships_a_name_of_ours() -> None:
    taken = {
        (distribution.name, _top(file))
        for distribution in distributions()
        if distribution.name != "waybill"
        for file in distribution.files or ()
    }
    assert {(name, top) for name, top in taken if top in OURS} == set()


def test_the_comparison_sees_what_is_installed() -> None:
    tops = {_top(file) for distribution in distributions() for file in distribution.files or ()}
    assert {"pytest", "fastapi", "faust"} <= tops


def _top(file: PurePath) -> str:
    return file.parts[0].removesuffix(".py")
