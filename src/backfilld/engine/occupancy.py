"""Who has slots, and who stands in line for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from backfilld.engine.world import World
from backfilld.planning.plan import split_id


@dataclass(frozen=True, slots=True)
class Occupied:
    """A resource group: how many slots each backfill has, and how many instances stand in line."""

    holders: Mapping[int, int]
    waiting: int


def occupied(world: World) -> dict[str, Occupied]:
    """Every group that has slots or is asked for one; costs the slots in use, and the lines that there are."""
    lines: Counter[str] = Counter()
    for known in world.backfills.values():
        lines.update({lane: len(line) for lane, line in known.lanes.items()})
    pools = world.limits.groups
    return {
        name: Occupied(Counter(world.runs[split_id(each)[0]].owner for each in pools[name].holders), lines[name])
        for name in pools
    }
