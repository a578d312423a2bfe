"""The memory of what only vendors' clients know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from backfilld.request.annotations import Annotation


class StoreAnnotations(Protocol):
    """The memory of annotations; a call that writes is durable when it returns."""

    def annotate(self, notes: Iterable[Annotation], now: datetime) -> None:
        """Remember these, all or none, each instead of what stood under its key."""
        ...

    def annotations(self, vendor: str, kind: str, ids: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """What is known of objects of a kind, by id and key; one of which nothing is known is left out."""
        ...

    def annotated(self, vendor: str, kind: str, key: str) -> Mapping[str, Any]:
        """What is known under a key, by id of the objects of a kind that have it."""
        ...
