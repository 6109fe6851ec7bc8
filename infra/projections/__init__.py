"""The read models in PostgreSQL: kept up to date, rebuilt, read (docs/projections.md)."""

from infra.projections.lag import Lag
from infra.projections.projector import Projector, ReadModelSwitching
from infra.projections.readers import AuditReader, DownloadsReader, HistoryReader
from infra.projections.rebuilding import RebuildRunning, Rebuilt, SwitchBlocked, rebuild
from infra.projections.tables import (
    ReadModelFault,
    ReadModelMissing,
    ReadModelOutdated,
    make_read_models,
)

__all__ = [
    "AuditReader",
    "DownloadsReader",
    "HistoryReader",
    "Lag",
    "Projector",
    "ReadModelFault",
    "ReadModelMissing",
    "ReadModelOutdated",
    "ReadModelSwitching",
    "RebuildRunning",
    "Rebuilt",
    "SwitchBlocked",
    "make_read_models",
    "rebuild",
]
