"""The datasets and sources that an operator declares in YAML (docs/datasets.md)."""

from infra.catalog.entries import CatalogInvalid
from infra.catalog.loading import Catalog, load_catalog
from infra.rows.describing import describe
from infra.rows.source import Source

__all__ = ["Catalog", "CatalogInvalid", "Source", "describe", "load_catalog"]
