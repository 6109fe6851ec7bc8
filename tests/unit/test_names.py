"""Our packages lie flat at the top level, so no dependency may ship one of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import distributions

OURS = {"api", "cli", "domain", "infra", "processors", "projections", "schemas", "tests"}


def test_no_installed_distribution_ships_a_name_of_ours() -> None:
    assert {(name, top) for name, top in _shipped() if top in OURS and name != "waybill"} == set()


def test_the_comparison_sees_what_is_installed() -> None:
    assert {"pytest", "fastapi", "faust"} <= {top for _, top in _shipped()}


def _shipped() -> Iterator[tuple[str, str]]:
    """Distributions and the top levels of what they have installed."""
    for distribution in distributions():
        name = distribution.name  # which parses its description
        for line in (distribution.read_text("RECORD") or "").splitlines():
            path, _, _ = line.partition(",")
            yield name, path.partition("/")[0].removesuffix(".py")
