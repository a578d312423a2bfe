"""Catalogs written in tests as a user writes them."""

from __future__ import annotations

from textwrap import dedent

from backfilld.catalog.models import Catalog
from backfilld.catalog.parse import parse_catalog
from backfilld.config.yaml_text import yaml_documents
from backfilld.errors import Fault, InvalidCatalog


def catalog(text: str, groups: set[str] | None = None) -> Catalog:
    return parse_catalog(yaml_documents(dedent(text), "test.yaml"), frozenset(groups) if groups is not None else None)


def faults(text: str, groups: set[str] | None = None) -> list[Fault]:
    """The faults of a catalog, which must have some."""
    try:
        catalog(text, groups)
    except InvalidCatalog as error:
        return list(error.faults)
    raise AssertionError("this catalog was accepted")


def task(lines: str = "virtual: true") -> str:
    """A catalog of one task `t`, with these lines in it."""
    return f"project: p\nworkflows: [{{workflow: w, tasks: [{{task: t, {lines}}}]}}]\n"
