"""The catalog where the settings say it is."""

from __future__ import annotations

from backfilld.catalog.models import Catalog
from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import read_documents
from backfilld.config.settings import Settings


def load_catalog(settings: Settings) -> Catalog:
    """The catalog of the configured folder; raises `InvalidCatalog`."""
    return parse_catalog(read_documents(settings.catalog_dir), frozenset(settings.resource_groups))
