"""Plans drawn by chance, kept as plain values: a recorded history names the drawing, not the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from functools import cache
from random import Random
from typing import Any

from drawing import VIRTUAL, draw

from backfilld.catalog.models import RunPolicy
from backfilld.errors import DependencyLoop
from backfilld.planning.plan import Plan
from backfilld.planning.windows import RunWindow

GROUPS = ["g1", "g2"]
CRONS = ["0 0 * * *"] * 3 + ["0 */8 * * *", "0 6,18 * * *", "0 0 * * 1,3"]
POLICIES = [
    *[None] * 6,
    "Daily 22:00:00 06:00:00",
    "Daily 07:00:00 07:30:59",
    "Daily 01:30:00 02:30:00",
    "Weekend 22:00:00 06:00:00",
    "Daily 00:00:00 12:00:00 immediately",
]
_DRAWN = 150
"""So many different drawings are in play; a plan costs as much as dozens of rounds."""


@dataclass(frozen=True)
class Drawing:
    """What `draw` takes, as JSON has it; `left_out` has bits by position, `zone` is where run windows are read."""

    text: str
    days: list[int]
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    order: str = "Asc"
    strategy: str = "Disable"
    left_out: Mapping[str, int] = field(default_factory=dict)
    zone: str = "UTC"

    def plan(self) -> Plan:
        """The plan by the real planner; raises `DependencyLoop` for a drawing that has one."""
        tasks = {name: _fields(said) for name, said in self.tasks.items()}
        plan = draw(self.text, days=self.days, tasks=tasks, order=self.order, strategy=self.strategy)
        sizes = {int(position): plan.template(int(position)).size for position in self.left_out}
        bits = {position: self.left_out[str(position)] & ~(~0 << size) for position, size in sizes.items()}
        return _read_in(self.zone, plan.leaving_out("drawn by chance", bits))


def _read_in(zone: str, plan: Plan) -> Plan:
    """The same plan with its run windows on the clocks of a zone."""
    windows = [each.window and RunWindow(each.window.policy, zone) for each in plan.tasks]
    return replace(
        plan, tasks=tuple(replace(each, window=window) for each, window in zip(plan.tasks, windows, strict=True))
    )


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a task as the catalog has them."""
    fields = dict(said)
    for name in fields.keys() & {"retry_delay", "timeout"}:
        fields[name] = timedelta(minutes=fields[name])
    for name in fields.keys() & {"skip_exit_codes", "no_retry_exit_codes"}:
        fields[name] = frozenset(fields[name])
    if "run_policy" in fields:
        kind, start, end, *immediately = fields["run_policy"].split()
        fields["run_policy"] = RunPolicy(kind, time.fromisoformat(start), time.fromisoformat(end), bool(immediately))
    return fields | ({"action": VIRTUAL} if fields.pop("virtual", False) else {})


def some_drawing(random: Random, zone: str = "UTC") -> tuple[Drawing, Plan]:
    """One of the drawings that are in play."""
    return numbered(random.randrange(_DRAWN), zone)


@cache
def numbered(number: int, zone: str) -> tuple[Drawing, Plan]:
    """The drawing of a number, and its plan."""
    if zone != "UTC":
        drawing, plan = numbered(number, "UTC")
        return replace(drawing, zone=zone), _read_in(zone, plan)
    random = Random(number)
    while True:
        drawing = random_drawing(random)
        try:
            return drawing, drawing.plan()
        except DependencyLoop:  # drawn by chance; draw again
            continue


def random_drawing(random: Random) -> Drawing:
    """Up to five dates of up to six tasks with mixed cycles and every kind of edge."""
    names = [f"t{number}" for number in range(random.randint(1, 6))]
    lines, crossing = list(names), False
    for number, name in enumerate(names):
        for up in random.sample(names[:number], min(number, random.randint(0, 2))):
            lines.append(f"{up} -> {name}")
        if random.random() < 0.3:
            crossing = True
            lines.append(f"{random.choice(names[: number + 1])} -previous-> {name}")
        elif number and random.random() < 0.2:
            crossing = True
            lines.append(f"{random.choice(names[:number])} -{random.randint(2, 3)}-> {name}")
    first = random.randint(1, 5)
    days = list(range(first, first + random.randint(1, 5)))
    tasks = {name: _random_fields(random) for name in names}
    order = "Desc" if not crossing and random.random() < 0.5 else "Asc"
    left_out = {str(position): random.getrandbits(12) for position in range(len(days)) if random.random() < 0.2}
    return Drawing("\n".join(lines), days, tasks, order, random.choice(["Disable", "Upstream"]), left_out)


def _random_fields(random: Random) -> dict[str, Any]:
    said = {
        "cron": random.choice(CRONS),
        "retries": random.choice([0, 0, 1, 2]),
        "retry_delay": random.choice([0, 5]),
        "on_lost": random.choice(["stop", "retry"]),
        "max_active": random.choice([None, None, 1, 2]),
        "resource_group": random.choice(GROUPS),
        "priority": random.choice([None, 1, 3]),
        "run_policy": random.choice(POLICIES),
        "timeout": random.choice([None, 10]),
        "recurrence": random.choice(["Normal"] * 9 + ["Pause"]),
        "virtual": random.random() < 0.2,
        "skip_exit_codes": [99],
        "no_retry_exit_codes": [3],
    }
    return {name: each for name, each in said.items() if each not in (None, False)}
