"""What is told to those who look on, and what they find where they look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backfilld.service.grid import Changed


@dataclass(frozen=True, slots=True)
class Delta:
    """Bytes of a backfill that are others than before; `counts` are by state, as of `version`."""

    backfill: int
    version: int
    changed: Changed
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """A backfill's word from now on."""

    backfill: int
    version: int
    word: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How a backfill stands now, for lists; `project` is the one that it belongs to, `runs` are by word."""

    backfill: int
    version: int
    project: int
    word: str
    counts: tuple[int, ...]
    runs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Resync:
    """What is told does not follow on what was: all of a backfill is to be looked at anew; None: the whole list."""

    backfill: int | None
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing more will be told: the daemon ends."""

    version: int


News = Delta | Status | Counts | Resync | Over


@dataclass(frozen=True, slots=True)
class Look:
    """All bytes of a backfill at a version, how many are in each state, and the version at which they changed last.

    `tag` names what decides where each instance lies.
    """

    version: int
    changed_at: int
    states: bytes
    counts: tuple[int, ...]
    tag: str
