"""Where an installation finds the demo's datasets."""

from __future__ import annotations

import os
from importlib.resources import files

from infra.settings import Settings


def write_datasets(settings: Settings) -> bool:
    """Puts the demo's datasets at the default place; False if there is a file already, or another
    place was chosen."""
    path = settings.datasets_path
    if settings.datasets is not None or path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(files("infra.demo").joinpath("datasets.yaml").read_bytes())
    beside.replace(path)
    return True
