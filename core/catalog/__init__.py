"""The SQLite file of a workspace and its only door."""

from core.catalog.catalog import Catalog, open_catalog

__all__ = ["Catalog", "open_catalog"]
