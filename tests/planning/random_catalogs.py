"""Small random catalogs and requests: mixed cycles, zones and edges, dates round clock changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import TypeVar

from hypothesis import strategies as st
from planning.naive_choice import Choice, Verdict, run_set
from planning.naive_clock import DAY
from planning.oracle import Kind, Oracle, TaskSpec

T = TypeVar("T")
CRONS = (
    "0 0 * * *",
    "30 2 * * *",
    "30 0 * * *",
    "15 1 * * *",
    "0 23 * * *",
    "@daily",
    "0 */6 * * *",
    "*/30 0-3 * * *",
    "*/20 1-2/1 * * *",
    "0 0-23/8 * * *",
    "0 1,2,3 * * *",
    "45 */12 * * *",
    "0,15 2 * * *",
    "0,30 2,3 * * *",
    "0 6 * * 0",
    "0 6 * * 1-5",
    "0 3 1 * *",
    "0 3 1,15 * 1",
    "0 3 */2 * *",
    "0 3 */2 * 1-3",
    "@weekly",
    "@monthly",
    "0 4 31 * *",
)
HOURLY = ("0 * * * *", "@hourly", "0 0-23 * * *", "30 * * * *")
ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
    "Africa/Cairo",
    "America/Nuuk",
    "America/Havana",
    "America/Sao_Paulo",
    "Pacific/Apia",
)
CHANGES = (
    date(2024, 3, 10),  # New York, Havana forward
    date(2024, 11, 3),  # and back
    date(2025, 3, 30),  # Berlin forward
    date(2024, 3, 30),  # Nuuk's gap ends at midnight
    date(2025, 10, 26),  # and back; Nuuk's repeat lies before midnight
    date(2026, 4, 5),  # Lord Howe back, by half an hour
    date(2024, 10, 6),  # and forward
    date(2024, 4, 26),  # Cairo forward at midnight
    date(2024, 10, 31),  # and back to 23:00
    date(2018, 11, 4),  # Sao Paulo forward at midnight
    date(2018, 2, 17),  # and back to 23:00
    date(2011, 12, 30),  # Apia skips the day
    date(2024, 2, 29),
    date(2024, 12, 31),
)
WINDOWS = (
    (time(0), time(23, 59, 59)),
    (time(0), time(11, 59, 59)),
    (time(1), time(3)),
    (time(2, 0), time(2, 30)),
    (time(6, 0), time(6, 0)),
    (time(12), time(23)),
)


@dataclass(frozen=True)
class Asked:
    """One catalog, and what is asked of it."""

    tasks: list[TaskSpec]
    choice: Choice
    ranges: list[tuple[date, date]]
    window: tuple[time, time]
    order: str
    strategy: str
    priority: int | None
    permitted: frozenset[str] | None = None
    """The projects that the caller may see; None: all."""

    @property
    def verdict(self) -> Verdict | None:
        """What is selected and why; None where the selection is an error."""
        wrong = isinstance(run_set(self.tasks, self.choice), str)
        return None if wrong else Verdict(self.tasks, self.choice, self.permitted)

    @property
    def oracle(self) -> Oracle | None:
        """The instances, and who waits for whom; None where the selection is an error."""
        return None if self.verdict is None else Oracle(self.tasks, self.verdict.runs, self.dates, self.window)

    @property
    def dates(self) -> list[date]:
        """Every date of the ranges once, ascending."""
        return sorted({first + n * DAY for first, last in self.ranges for n in range((last - first).days + 1)})

    @property
    def fields(self) -> dict[str, object]:
        """The request's fields, for `resolved`."""
        fields: dict[str, object] = {
            "mode": self.choice.mode,
            "root_task_ids": self.choice.roots,
            "include_task_ids": self.choice.include,
            "exclude_task_ids": self.choice.exclude,
            "include_project_ids": list(self.choice.include_projects),
            "exclude_project_ids": list(self.choice.exclude_projects),
            "order": self.order,
            "priority_weight_strategy": self.strategy,
            "start_time": self.window[0].isoformat(),
            "end_time": self.window[1].isoformat(),
        }
        return fields if self.priority is None else {**fields, "priority": self.priority}


# Strategies are made here once: to make one in each draw costs more than to draw from it.
_ORDERS = [st.permutations([f"t{number}" for number in range(size)]) for size in range(1, 9)]
_ORDER = st.sampled_from(_ORDERS)
_CRON = st.sampled_from((*CRONS, *CRONS, *HOURLY))
_ZONES = st.lists(st.sampled_from(ZONES), min_size=1, max_size=3)
_OFFSETS = st.fixed_dictionaries(dict.fromkeys("pq", st.integers(0, 1)))
_PROJECT, _WORKFLOW = st.sampled_from("ppq"), st.sampled_from("wwx")
_PRIORITY = st.sampled_from((None, None, 1, 3, 11))
_KIND: st.SearchStrategy[Kind] = st.sampled_from(("previous", "previous", "previous", "previous", 1, 2, 3, 4))
_RECURRENCE = st.sampled_from(("Normal",) * 6 + ("Skip", "Pause"))
_PLACE = st.integers(0, 11)
"""A place in a list of one to four, each as likely; or in a longer one."""
_UP_TO = {most: st.lists(st.integers(0, 7), max_size=most, unique=True) for most in (1, 2, 3, 5)}
_AT_LEAST_ONE = {most: st.lists(st.integers(0, 7), min_size=1, max_size=most, unique=True) for most in (1, 8)}
_MODES = st.sampled_from(("General", "ManualSelection", "ManualSelection", "Chain", "AllDownstream"))
_CHANGE, _RANGES, _FROM, _LENGTH = st.sampled_from(CHANGES), st.integers(1, 3), st.integers(-4, 3), st.integers(0, 3)
_REST = st.tuples(
    st.sampled_from((*[WINDOWS[0]] * len(WINDOWS), *WINDOWS)),
    st.sampled_from(("Asc", "Asc", "Desc")),
    st.sampled_from(("Disable", "Upstream")),
    st.sampled_from((None, None, 7)),
)


def _one(draw: st.DrawFn, of: Sequence[T]) -> T:
    return of[draw(_PLACE) % len(of)]


def _some(draw: st.DrawFn, of: Sequence[str], places: st.SearchStrategy[list[int]]) -> tuple[str, ...]:
    """Some of them, each once; none of none."""
    return tuple(dict.fromkeys(of[place % len(of)] for place in draw(places))) if of else ()


@st.composite
def catalogs(draw: st.DrawFn) -> list[TaskSpec]:
    """One to eight tasks in one or two projects; same-cycle edges without loops, others anywhere."""
    order = draw(draw(_ORDER))
    names, zones, offset = sorted(order), draw(_ZONES), draw(_OFFSETS)
    return [
        TaskSpec(
            name,
            draw(_CRON),
            needs(draw, name, names, order[: order.index(name)]),
            project := draw(_PROJECT),
            draw(_WORKFLOW),
            _one(draw, zones),
            offset[project],
            priority=draw(_PRIORITY),
        )
        for name in names
    ]


def needs(draw: st.DrawFn, name: str, names: list[str], earlier: list[str]) -> tuple[tuple[str, Kind], ...]:
    """What one task depends on: same-cycle on `earlier` ones, the previous cycle or the last dates of any."""
    same = _some(draw, earlier, _UP_TO[3])
    found: list[tuple[str, Kind]] = [(up, "same") for up in same]
    for up in _some(draw, names, _UP_TO[2]):
        kind = draw(_KIND)
        if up not in same:
            found.append((up, "previous" if up == name else kind))
    return tuple(found)


@st.composite
def choices(draw: st.DrawFn, tasks: list[TaskSpec]) -> Choice:
    """A selection in any mode that the request's own checks let through."""
    names = [task.name for task in tasks]
    exclude = _some(draw, names, _one(draw, (_UP_TO[5], st.just([]))))
    mode = draw(_MODES)
    if mode == "Chain":
        return Choice("Chain", include=tuple(_one(draw, names) for _ in range(2)), exclude=exclude)
    projects = sorted({task.project for task in tasks})
    home = _one(draw, projects)
    at_home = [task.name for task in tasks if task.project == home]
    roots = _some(draw, at_home, _AT_LEAST_ONE[8 if mode == "ManualSelection" else 1])
    include = _some(draw, names, _one(draw, (_UP_TO[5], st.just([]))))
    narrowed = [_some(draw, projects, _UP_TO[1]) if mode == "AllDownstream" else () for _ in range(2)]
    return Choice(mode, roots, include, exclude, *narrowed)


@st.composite
def ranges(draw: st.DrawFn) -> list[tuple[date, date]]:
    """One to three short ranges near a change of clocks, in any order, overlapping or with gaps."""
    middle = draw(_CHANGE)
    result = []
    for _ in range(draw(_RANGES)):
        first = middle + timedelta(days=draw(_FROM))
        result.append((first, first + timedelta(days=draw(_LENGTH))))
    return result


@st.composite
def recurring(draw: st.DrawFn, tasks: list[TaskSpec]) -> list[TaskSpec]:
    """The same tasks, some of them passed through or held."""
    return [replace(task, recurrence=draw(_RECURRENCE)) for task in tasks]


@st.composite
def scopes(draw: st.DrawFn, tasks: list[TaskSpec], choice: Choice) -> frozenset[str] | None:
    """The projects that the caller may see: all, or at least those of every task that the request names."""
    named = {*choice.roots, *choice.include, *choice.exclude}
    needed = frozenset(task.project for task in tasks if task.name in named)
    return _one(draw, (None, needed, needed))


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Everything at once."""
    tasks = draw(recurring(draw(_CATALOGS)))
    choice = draw(choices(tasks))
    return Asked(tasks, choice, draw(_DATES), *draw(_REST), draw(scopes(tasks, choice)))


_CATALOGS, _DATES = catalogs(), ranges()
