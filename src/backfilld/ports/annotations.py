"""What only a vendor's clients know of an object: kept for them, and heeded by nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Annotation:
    """A word about an object, under a key; the value is JSON, None takes it back.

    `vendor` and `object` are the door's own words, such as "prefect" and "run"; `id` is the object's, in text.
    """

    vendor: str
    object: str
    id: str
    key: str
    value: Any


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
