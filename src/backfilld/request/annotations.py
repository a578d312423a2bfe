"""What only a vendor's clients know of an object: kept for them, and heeded by nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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
