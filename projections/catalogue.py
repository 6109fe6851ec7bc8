"""All read models by name."""

from __future__ import annotations

from typing import Any

from projections.audit import AUDIT
from projections.downloads import DOWNLOADS
from projections.history import HISTORY
from projections.read_model import ReadModel

READ_MODELS: dict[str, ReadModel[Any]] = {
    model.name: model for model in (HISTORY, DOWNLOADS, AUDIT)
}
