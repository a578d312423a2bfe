"""What became of each cycle: rules as tables, and everything against a naive look at each cycle alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random

import networkx as nx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import ACCEPTED, catalog_of
from planning.oracle import DAY, Instance, Oracle, TaskSpec
from planning.random_catalogs import CHANGES, catalogs

from backfilld.dates import Period
from backfilld.errors import DependencyLoop
from backfilld.planning.history import Past
from backfilld.planning.horizon import first_waited_for
from backfilld.planning.plan import Plan, split_id
from backfilld.planning.planner import make_plan
from backfilld.planning.recorded import CycleKey, CycleRecord, InFlight, Present, cycle_records
from backfilld.request.resolved import ResolvedRequest
from backfilld.request.selection import ManualSelection

MONDAY = date(2024, 1, 1)
LATE = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
QUIET = Present(LATE, {})


def at(moment: datetime) -> int:
    return int(moment.timestamp())


def planned(tasks: list[TaskSpec], first: date, last: date) -> Plan:
    """All tasks, whatever their project, on all dates."""
    catalog = catalog_of(tasks)
    selection = ManualSelection(frozenset(catalog.tasks), frozenset())
    return make_plan(ResolvedRequest(selection, (Period(first, last),), ACCEPTED), catalog)


def history(tasks: list[TaskSpec], endings: Mapping[str, Past]) -> dict[int, dict[int, Past]]:
    """The ledger of endings written as `task@MM-DDTHH`, of 2024, in UTC."""
    ids = {task.name: number for number, task in enumerate(tasks, 1)}
    found: dict[int, dict[int, Past]] = {}
    for name, past in endings.items():
        task, cycle = name.split("@")
        moment = datetime.strptime(f"2024-{cycle}", "%Y-%m-%dT%H").replace(tzinfo=UTC)
        found.setdefault(ids[task], {})[at(moment)] = past
    return found


def succeeded(second: int) -> Past:
    return Past("succeeded", True, second, 1)


def statuses(
    tasks: list[TaskSpec],
    endings: Mapping[str, Past],
    of: str,
    days: int = 1,
    before: int = 0,
    present: Present = QUIET,
) -> list[str]:
    """The words for the cycles of one task on the first days of 2024; the plan begins `before` dates earlier."""
    plan = planned(tasks, MONDAY - before * DAY, MONDAY + (days - 1) * DAY)
    ((_, records),) = cycle_records(
        plan, MONDAY, {number_of(tasks, of)}, history(tasks, endings).items(), present
    ).items()
    return [record.status for record in records]


def number_of(tasks: list[TaskSpec], name: str) -> int:
    return next(number for number, task in enumerate(tasks, 1) if task.name == name)


CHAIN = [TaskSpec("a"), TaskSpec("b", needs=(("a", "same"),)), TaskSpec("c", needs=(("b", "same"),))]


@pytest.mark.parametrize(
    ("endings", "status"),
    [
        ({}, "never_run"),
        ({"c@01-01T00": succeeded(5)}, "succeeded"),
        ({"c@01-01T00": Past("failed", True, 5, 1)}, "failed"),
        ({"c@01-01T00": Past("lost", False, 5, 1)}, "lost"),
        ({"c@01-01T00": succeeded(5), "b@01-01T00": succeeded(6)}, "stale"),
        ({"c@01-01T00": succeeded(5), "b@01-01T00": succeeded(5)}, "succeeded"),
        ({"c@01-01T00": succeeded(5), "b@01-01T00": Past("failed", True, 6, 1)}, "succeeded"),
        ({"c@01-01T00": succeeded(5), "a@01-01T00": succeeded(6)}, "stale"),
        ({"c@01-01T00": succeeded(5), "b@01-01T00": succeeded(4), "a@01-01T00": succeeded(6)}, "stale"),
        ({"c@01-01T00": succeeded(5), "b@01-01T00": Past("lost", False, 9, 1), "a@01-01T00": succeeded(6)}, "stale"),
        ({"c@01-01T00": Past("failed", True, 5, 1), "a@01-01T00": succeeded(6)}, "failed"),
        ({"c@01-01T00": succeeded(5), "a@01-02T00": succeeded(6)}, "succeeded"),
    ],
)
def test_what_became_of_a_cycle(endings: dict[str, Past], status: str) -> None:
    """The last ending decides; a success is stale when something above it, however far, succeeded strictly later."""
    assert statuses(CHAIN, endings, "c") == [status]


def test_a_daily_cycle_is_stale_by_any_hour() -> None:
    """A daily task waits for all hours of its date: one that was repeated later makes it stale."""
    tasks = [TaskSpec("hours", "0 * * * *"), TaskSpec("daily", needs=(("hours", "same"),))]
    endings = {f"hours@01-01T{hour:02}": succeeded(hour) for hour in range(24)} | {"daily@01-01T00": succeeded(50)}

    assert statuses(tasks, endings, "daily") == ["succeeded"]
    assert statuses(tasks, endings | {"hours@01-01T07": succeeded(51)}, "daily") == ["stale"]
    assert statuses(tasks, endings, "hours") == ["succeeded"] * 24


def test_an_hour_is_stale_by_the_cycle_that_it_waits_for() -> None:
    """An hourly child of an hourly parent is paired with it: only that hour is stale."""
    tasks = [TaskSpec("up", "0 */6 * * *"), TaskSpec("down", "0 */6 * * *", needs=(("up", "same"),))]
    endings = {f"{name}@01-01T{hour:02}": succeeded(5) for name in ("up", "down") for hour in (0, 6, 12, 18)}

    found = statuses(tasks, endings | {"up@01-01T12": succeeded(6)}, "down")

    assert found == ["succeeded", "succeeded", "stale", "succeeded"]


def test_stale_through_the_cycles_before() -> None:
    """A date that was repeated makes all later dates of a running total stale, also from before the asked dates."""
    tasks = [TaskSpec("total", needs=(("total", "previous"),))]
    endings = {f"total@{day}T00": succeeded(5) for day in ("01-01", "01-02", "01-03")}

    assert statuses(tasks, endings, "total", days=3, before=1) == ["succeeded"] * 3
    found = statuses(tasks, endings | {"total@01-02T00": succeeded(6)}, "total", days=3, before=1)
    assert found == ["succeeded", "succeeded", "stale"]
    earlier = {**endings, "total@01-01T00": succeeded(9)}
    plan = planned(tasks, MONDAY, MONDAY + 2 * DAY)
    records = cycle_records(plan, MONDAY + DAY, {1}, history(tasks, earlier).items(), QUIET)
    assert [record.status for record in records[1]] == ["stale", "stale"]


def test_stale_by_one_of_the_last_dates() -> None:
    """A task over the last n dates is stale by any of these, and by none before them."""
    tasks = [TaskSpec("up"), TaskSpec("down", needs=(("up", 2),))]
    down = {"down@01-01T00": succeeded(5), "down@01-02T00": succeeded(5), "down@01-03T00": succeeded(5)}

    found = statuses(tasks, down | {"up@01-01T00": succeeded(6)}, "down", days=3)

    assert found == ["stale", "stale", "succeeded"]


def test_what_is_in_flight() -> None:
    """A cycle that runs now is running whatever it was; one that is only held keeps its word, and says by whom."""
    plan = planned(CHAIN, MONDAY, MONDAY + 2 * DAY)
    cycles = [at(datetime(2024, 1, day, tzinfo=UTC)) for day in (1, 2, 3)]
    past = history(CHAIN, {"a@01-01T00": succeeded(5), "a@01-02T00": Past("failed", False, 5, 1)})
    flights = {(1, cycles[0]): InFlight(8, running=True), (1, cycles[1]): InFlight(9, running=False)}

    records = cycle_records(plan, MONDAY, {1}, past.items(), Present(LATE, flights))[1]

    assert [(record.status, record.held_by) for record in records] == [
        ("running", 8),
        ("failed", 9),
        ("never_run", None),
    ]
    assert [record.past and record.past.ended_at for record in records] == [5, 5, None]


def test_a_cycle_whose_time_has_not_come() -> None:
    """What never ran and is not due yet is no gap; what ran before its time has its ending."""
    noon_of_the_second = Present(at(datetime(2024, 1, 2, 12, tzinfo=UTC)), {})
    found = statuses(CHAIN, {"a@01-04T00": succeeded(5)}, "a", days=4, present=noon_of_the_second)
    assert found == ["never_run", "never_run", "not_due", "succeeded"]


@given(catalogs(), st.sampled_from(CHANGES), st.integers(0, 2), st.integers(0, 3), st.randoms(use_true_random=False))
def test_every_cycle_as_if_it_were_alone(
    tasks: list[TaskSpec], middle: date, days: int, before: int, random: Random
) -> None:
    """The words are those of a naive look: the cycle's own ending, and every cycle above it one by one."""
    since = middle + before * DAY
    dates = [middle + number * DAY for number in range(before + days + 1)]
    oracle = Oracle(tasks, {task.name for task in tasks}, dates)
    assume(nx.is_directed_acyclic_graph(oracle.waits))
    plan = planned(tasks, dates[0], dates[-1])
    asked = {number for number in range(1, len(tasks) + 1) if random.random() < 0.7}
    past = invented(oracle.instances, random)
    flights = {key_of(tasks, each): InFlight(3, random.random() < 0.5) for each in past if random.random() < 0.1}
    present = Present(at(datetime(middle.year, middle.month, middle.day, tzinfo=UTC) + DAY), flights)

    found = cycle_records(plan, since, asked, by_task(tasks, past), present)

    assert found == {
        number: tuple(
            naive(oracle, each, past, present, key_of(tasks, each))
            for each in sorted(oracle.instances, key=lambda each: each[1:])
            if each[0] == task.name and each[1] >= since
        )
        for number, task in enumerate(tasks, 1)
        if number in asked
    }


def naive(
    oracle: Oracle, instance: Instance, past: Mapping[Instance, Past], present: Present, key: CycleKey
) -> CycleRecord:
    own, held = past.get(instance), present.in_flight.get(key)
    above = [past[each].ended_at for each in nx.ancestors(oracle.waits, instance) if ended_well(past.get(each))]
    if held and held.running:
        word = "running"
    elif own is None:
        word = "never_run" if key[1] <= present.now else "not_due"
    elif own.ending == "succeeded" and any(second > own.ended_at for second in above):
        word = "stale"
    else:
        word = own.ending
    return CycleRecord(instance[1], key[1], word, own, held.backfill if held else None)  # type: ignore[arg-type]


def ended_well(past: Past | None) -> bool:
    return past is not None and past.ending == "succeeded"


def invented(instances: Iterable[Instance], random: Random) -> dict[Instance, Past]:
    """Endings for most instances; few seconds, so that many are equal."""
    share = random.choice((0.3, 0.9))
    return {
        each: Past(random.choice(("succeeded", "succeeded", "failed", "lost")), True, random.randint(1, 6), 1)
        for each in sorted(instances)
        if random.random() < share
    }


def key_of(tasks: list[TaskSpec], instance: Instance) -> CycleKey:
    return number_of(tasks, instance[0]), at(instance[2])


def by_task(tasks: list[TaskSpec], past: Mapping[Instance, Past]) -> Iterable[tuple[int, dict[int, Past]]]:
    found: dict[int, dict[int, Past]] = {}
    for instance, each in past.items():
        task, cycle = key_of(tasks, instance)
        found.setdefault(task, {})[cycle] = each
    return found.items()


@given(catalogs(), st.sampled_from(CHANGES), st.integers(0, 3))
def test_the_horizon_holds_all_that_is_waited_for(tasks: list[TaskSpec], first: date, days: int) -> None:
    """With the dates from the horizon on, each cycle waits for the same ones as with a year and more before."""
    last = first + days * DAY
    since = first_waited_for(list(catalog_of(tasks).tasks.values()), first)
    try:
        near, far = planned(tasks, since, last), planned(tasks, first - 500 * DAY, last)
    except DependencyLoop:
        return

    assert direct(near, first) == direct(far, first)


def direct(plan: Plan, first: date) -> dict[tuple[date, int], set[tuple[int, date, datetime]]]:
    """By date and ordinal, the task, date and cycle of what is waited for directly."""
    return {
        (day, ordinal): {
            (plan.template(run).tasks[up], plan.dates[run], plan.cycle_time(run, up)) for run, up in map(split_id, ups)
        }
        for position, day in enumerate(plan.dates)
        if day >= first
        for ordinal, ups in enumerate(plan.waits_for(position))
    }


@pytest.mark.parametrize(
    ("needs", "cron", "back"),
    [
        ((), "0 0 * * *", 0),
        ((("up", "same"),), "0 0 1 1 *", 0),
        ((("up", 7),), "0 0 * * *", 6),
        ((("up", "previous"),), "0 0 * * *", 1),
        ((("up", "previous"),), "0 0 * * 0", 1),
        ((("up", "previous"),), "0 0 * * 2", 6),
        ((("up", "previous"),), "0 0 1 * *", 31),
        ((("up", "previous"),), "0 0 1 1 *", 365),
        ((("up", "previous"),), "0 0 29 2 *", 0),
    ],
)
def test_how_far_back_is_looked(needs: tuple[tuple[str, str | int], ...], cron: str, back: int) -> None:
    """`dates: n` reaches n - 1 dates back, `previous` to the latest date with a cycle, if that is within a year."""
    catalog = catalog_of([TaskSpec("up", cron), TaskSpec("down", needs=needs)])
    first = MONDAY if cron != "0 0 29 2 *" else date(2024, 2, 29)
    assert first - first_waited_for(list(catalog.tasks.values()), first) == timedelta(days=back)
