"""The running catalog: swapped whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable

from backfilld.catalog.models import Catalog


class Shelf:
    """Holds the running catalog; `load` reads the files and raises `InvalidCatalog`."""

    def __init__(self, load: Callable[[], Catalog]) -> None:
        self._load = load
        self.current = load()

    def reload(self) -> Catalog:
        """Read the files again; a bad catalog raises, and the running one stays."""
        self.current = self._load()
        return self.current
