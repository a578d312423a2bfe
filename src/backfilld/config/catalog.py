"""The catalog where the settings say it is, and what the settings say of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from backfilld.catalog.models import Catalog
from backfilld.catalog.parse import parse_catalog
from backfilld.catalog.references import Unresolved, find_project
from backfilld.config.documents import read_documents
from backfilld.config.settings import Settings
from backfilld.errors import Fault

log = logging.getLogger(__name__)
SETTING = "cloudflare_accounts"


def read_catalog(settings: Settings) -> Catalog:
    """The catalog of the configured folder; raises `InvalidCatalog`."""
    return parse_catalog(read_documents(settings.catalog_dir), frozenset(settings.resource_groups))


def load_catalog(settings: Settings) -> Catalog:
    """The same, to run it; an account of no project is told in the log.

    It keeps no catalog from running: a project may come and go while the settings stay.
    """
    catalog = read_catalog(settings)
    for fault in account_faults(settings, catalog):
        log.warning("%s", fault)
    return catalog


def account_faults(settings: Settings, catalog: Catalog) -> Iterator[Fault]:
    """Accounts of the settings that are of no project of the catalog, or of one that has another."""
    named: dict[int, str] = {}
    for ref in settings.cloudflare_accounts:
        found = find_project(catalog, ref)
        if isinstance(found, Unresolved):
            yield Fault(f"{SETTING}.{ref}", found.given, found.allowed)
        elif found.id in named:
            yield Fault(f"{SETTING}.{ref}", f"the project of {SETTING}.{named[found.id]}", "one account a project")
        else:
            named[found.id] = ref
