"""What history says of a plan: cycles outside it that its tasks read, and that never succeeded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import catalog_of, plan_or_none, planned
from planning.oracle import Oracle, TaskSpec
from planning.random_catalogs import WINDOWS, Asked, asked

from backfilld.catalog.models import Catalog
from backfilld.planning.hindsight import unsure_upstream
from backfilld.planning.history import Past
from backfilld.planning.plan import Finding, Plan

DONE, FAILED, ONCE = Past("succeeded", True, 9, 1), Past("failed", False, 9, 1), Past("lost", True, 9, 1)
MONDAY = date(2024, 1, 1)


class Ledger:
    """What succeeded of outcomes by task name and moment, and which tasks were asked for."""

    def __init__(self, catalog: Catalog, known: dict[str, dict[int, Past]]) -> None:
        self.asked: list[str] = []
        self._names = {task.id: task.name for task in catalog.tasks.values()}
        self._known = known

    def __call__(self, tasks: Sequence[int]) -> list[tuple[int, set[int]]]:
        self.asked += [self._names[task] for task in tasks]
        return [(task, self._done(self._names[task])) for task in tasks if self._names[task] in self._known]

    def _done(self, name: str) -> set[int]:
        return {at for at, past in self._known[name].items() if past.succeeded_once}


def moments(ask: Asked) -> dict[str, dict[date, list[int]]]:
    """The cycles of every task on every date, whatever the window of the request."""
    whole = Oracle(ask.tasks, set(), ask.dates, WINDOWS[0])
    return {
        task.name: {day: [int(c.moment.timestamp()) for c in whole.day[task.name, day]] for day in ask.dates}
        for task in ask.tasks
    }


def pasts_of(cycles: dict[str, dict[date, list[int]]], dice: Random) -> dict[str, dict[int, Past]]:
    """What some of the cycles came to."""
    all_of = {name: [at for of_date in of_dates.values() for at in of_date] for name, of_dates in cycles.items()}
    return {
        name: {at: past for at in found if (past := dice.choice((None, DONE, DONE, FAILED, ONCE))) is not None}
        for name, found in all_of.items()
    }


def unread(ask: Asked, up: str, cycles: dict[date, list[int]], known: dict[int, Past]) -> list[date]:
    """The date of each cycle of a task that never succeeded, where a task of the plan waits for it directly."""
    readers = {task.name for task in ask.tasks if up in dict(task.needs)}
    awake = {day for name, day, _ in ask.oracle.instances if name in readers}
    return [day for day in sorted(awake) for at in cycles[day] if at not in known or not known[at].succeeded_once]


@given(asked(), st.integers(0, 2**32))
def test_cycles_that_are_read_and_never_succeeded(ask: Asked, seed: int):
    """Of every task outside the plan with a direct reader in it: its cycles on the dates where a reader runs."""
    plan, verdict = plan_or_none(ask), ask.verdict
    assume(plan is not None and verdict is not None)
    catalog, cycles = catalog_of(ask.tasks), moments(ask)
    known = pasts_of(cycles, Random(seed))
    outside = cycles.keys() - verdict.runs - verdict.unseen
    missing = {up: unread(ask, up, cycles[up], known[up]) for up in outside}
    permitted = ask.permitted and frozenset(p.id for p in catalog.projects if p.name in ask.permitted)
    ledger = Ledger(catalog, known)
    found = {each.subject: each for each in unsure_upstream(plan, catalog, permitted, ledger)}

    assert set(found) == {name for name, days in missing.items() if days}
    for name, each in found.items():
        assert each.message.startswith(f"{len(missing[name]):,} cycle")
        assert f"the first of {missing[name][0]}:" in each.message
        assert (each.code, each.severity, each.blocks) == ("upstream_never_succeeded", "warning", False)
    assert not set(ledger.asked) & (verdict.runs | verdict.unseen)


TASKS = [
    TaskSpec("raw", "0 */12 * * *"),
    TaskSpec("mart", needs=(("raw", "same"),)),
    TaskSpec("weekly", "0 0 * * 0", needs=(("mart", "same"),)),
]


def unsure(plan: Plan, known: dict[str, dict[int, Past]]) -> list[Finding]:
    catalog = catalog_of(TASKS)
    return list(unsure_upstream(plan, catalog, None, Ledger(catalog, known)))


def test_it_says_what_to_do():
    """One sentence: how many cycles, from which date on, and the two ways out."""
    plan = planned(TASKS, MONDAY, date(2024, 1, 3), root_task_ids=["mart"])
    second = 1704067200  # 2024-01-01T00:00Z
    (finding,) = unsure(plan, {"raw": dict.fromkeys((second, second + 43_200, second + 86_400), DONE)})
    assert finding.subject == "raw"
    assert finding.message == (
        "3 cycles that are read but not in this plan never succeeded, the first of 2024-01-02: "
        "include it, or run it before"
    )


def test_only_direct_upstream_on_dates_of_a_reader_counts():
    """The weekly task reads on Sunday alone; what is above a task that is asked for itself is another plan's."""
    plan = planned(TASKS, MONDAY, date(2024, 1, 7), root_task_ids=["weekly"])
    (finding,) = unsure(plan, {})
    assert (finding.subject, finding.message.split(",")[0]) == (
        "mart",
        "1 cycle that is read but not in this plan never succeeded",
    )


def test_nothing_is_asked_where_nothing_outside_is_read():
    """Roots and whole graphs need no history."""
    catalog = catalog_of(TASKS)
    ledger = Ledger(catalog, {})
    assert list(unsure_upstream(planned(TASKS, MONDAY), catalog, None, ledger)) == []
    assert ledger.asked == []
