"""Golden plans: a catalog, a request, and what came of it once and for ever.

A case is a file of `golden/`: `rule` (what it shows), `catalog`, `request`, and where wanted `permitted` (projects that
the caller may see), `ledger` (task: {cycle: ending}) and `holder` (the request of another active backfill). `plan` is
what came of it. From the folder `tests`, `python -m planning.golden_plans` writes the `plan` of new cases; one that is
there is never touched.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from textwrap import indent
from typing import Any

from planning.asking import less

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog
from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import document_of
from backfilld.planning.conflicts import held_cycles
from backfilld.planning.history import Past
from backfilld.planning.plan import LeftOut, Plan, split_id
from backfilld.planning.planner import make_plan
from backfilld.request.resolve import Circumstances, understand
from backfilld.request.resolved import ResolvedRequest

FOLDER = Path(__file__).parent / "golden"
ACCEPTED = datetime(2024, 7, 10, 11, 30, 15, tzinfo=UTC)
"""Already the 11th on the islands that are furthest ahead."""


@dataclass(frozen=True)
class Case:
    """One file."""

    file: Path

    @cached_property
    def value(self) -> Mapping[str, Any]:
        return document_of(self.file.read_text(), self.file.name).value

    @cached_property
    def catalog(self) -> Catalog:
        return parse_catalog([Document(self.file.name, self.value["catalog"])])

    @cached_property
    def request(self) -> ResolvedRequest:
        return self._understood(self.value["request"])

    @cached_property
    def plan(self) -> Plan:
        """As it is accepted: less what has run, and less what another backfill holds."""
        plan = make_plan(self.request, self.catalog)
        if self.request.reprocess != "All":
            plan = less(plan, self.request.reprocess, dict(self._ledger()))
        if self.request.on_conflict == "Skip":
            other = make_plan(self._understood(self.value["holder"]), self.catalog)
            plan = plan.leaving_out("in flight elsewhere", held_cycles(plan, other, range(len(other.dates))))
        return plan

    def _understood(self, request: object) -> ResolvedRequest:
        given = Circumstances(ACCEPTED, permitted=self._permitted())
        return understand(Document(self.file.name, request), self.catalog, given)[1]

    def _permitted(self) -> frozenset[int] | None:
        names = self.value.get("permitted")
        return names and frozenset(project.id for project in self.catalog.projects if project.name in names)

    def _ledger(self) -> Iterator[tuple[int, dict[int, Past]]]:
        for task in self.catalog.tasks.values():
            if task.name in self.value["ledger"]:
                yield task.id, dict(_pasts(self.value["ledger"][task.name]))


def _pasts(cycles: Mapping[str, str]) -> Iterator[tuple[int, Past]]:
    """`failed again` says that an earlier attempt had succeeded."""
    for cycle, ending in cycles.items():
        word, _, again = ending.partition(" ")
        once = word == "succeeded" or bool(again)
        yield int(datetime.fromisoformat(cycle).timestamp()), Past(word, once, 0, 1)


def cases() -> list[Case]:
    return [Case(file) for file in sorted(FOLDER.glob("*.yaml"))]


def outcome(case: Case) -> dict[str, Any]:
    """What came of it: the hash, and enough to see which rule has changed where it differs."""
    plan = case.plan
    edges = Counter(run == position for position, run in _waits(plan))
    found: dict[str, Any] = {
        "hash": plan.hash,
        "dates": spans(plan.dates),
        "closed": spans(tuple(plan.closed)),
        "instances": plan.size,
        "to_run": plan.to_run,
        "edges": {"on one date": edges[True], "across dates": edges[False]},
        "tasks": {task.name: f"{task.why}; instances {task.instances}; weight {task.weight}" for task in plan.tasks},
        "bridged": sorted(case.catalog.short_names[task] for task in plan.bridged),
        "not_permitted": plan.not_permitted,
        "left_out": [_left_out(case.catalog, left) for left in plan.cycles_left_out()],
        "findings": [f"{finding.severity} {finding.code}: {finding.subject}" for finding in plan.findings],
    }
    return {key: value for key, value in found.items() if value or key in ("instances", "to_run")}


def _left_out(catalog: Catalog, left: LeftOut) -> str:
    cycles = "" if left.cycles is None else f"; cycles {left.cycles}"
    return f"{catalog.short_names[left.task]}: {left.why}; dates {len(left.dates)}{cycles}"


def _waits(plan: Plan) -> Iterator[tuple[int, int]]:
    """The position of an instance and that of one it waits for, for each edge."""
    for position in range(len(plan.dates)):
        for ups in plan.waits_for(position):
            yield from ((position, split_id(up)[0]) for up in ups)


def spans(days: Sequence[date]) -> list[str]:
    """Dates in their order, neighbours drawn together.

    >>> spans([date(2024, 1, 3), date(2024, 1, 2), date(2024, 1, 1), date(2024, 1, 9)])
    ['2024-01-03 to 2024-01-01', '2024-01-09']
    """
    found: list[list[date]] = []
    for day in days:
        if found and abs(day - found[-1][-1]) == timedelta(days=1) and _straight(found[-1], day):
            found[-1].append(day)
        else:
            found.append([day])
    return [f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in found]


def _straight(span: list[date], day: date) -> bool:
    """Whether the day goes on in the direction of the span."""
    return len(span) == 1 or day - span[-1] == span[-1] - span[-2]


def write_new() -> list[str]:
    """Append its plan to every case that has none; the names of their files."""
    new = [case for case in cases() if "plan" not in case.value]
    for case in new:
        written = indent(json.dumps(outcome(case), indent=2), "  ").lstrip()
        with case.file.open("a") as file:
            file.write(f"plan: {written}\n")
    return [case.file.name for case in new]


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in write_new()) or "every case has its plan\n")
