"""Plans drawn as on a whiteboard, and an engine to play them on (house, section 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.models import (
    PREVIOUS,
    SAME,
    Catalog,
    Clock,
    Command,
    Dependency,
    LastDates,
    Project,
    Reach,
    RunPolicy,
    Task,
    Virtual,
    Workflow,
)
from backfilld.dates import Period
from backfilld.engine.asking import CANCEL, RERUN, Act, Answered, Asked, Order, Replan, Targets
from backfilld.engine.engine import Engine
from backfilld.engine.events import (
    Accepted,
    Amended,
    AttemptEnded,
    AttemptStarted,
    Effect,
    OnFailure,
    Said,
    Start,
    Stop,
)
from backfilld.engine.states import AttemptState
from backfilld.planning.plan import Plan, instance_id, split_id
from backfilld.planning.planner import make_plan
from backfilld.request.resolved import UNLIMITED, ResolvedRequest
from backfilld.request.selection import ManualSelection

YEAR, MONTH = 2024, 1
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
"""After every cycle that a drawing has unless it says otherwise."""
VIRTUAL = Virtual()
AS_BEFORE = Replan()
_ARROW = re.compile(r"\s*-(\w+)?->\s*|\s*->\s*")


def draw(
    text: str,
    *,
    days: Iterable[int] = (19,),
    tasks: Mapping[str, Mapping[str, Any]] = {},
    left_out: Iterable[str] = (),
    order: str = "Asc",
    strategy: str = "Disable",
    policy: RunPolicy | None = None,
    zone: str = "UTC",
    **more: Any,
) -> Plan:
    """A plan of January 2024 by the real planner.

    A line is `a -> b -> c`, with `-previous->` or `-7->` (the last seven dates) for other kinds of edges, or a lone
    name. `tasks` gives fields of `Task` by name, and `cron`. `left_out` names instances as `Play` does. `zone` is where
    windows are read, `more` are fields of the resolved request.
    """
    catalog = draw_catalog(text, tasks, zone)
    resolved = ResolvedRequest(
        selection=ManualSelection(frozenset(), frozenset(catalog.tasks)),
        periods=tuple(Period(date(YEAR, MONTH, day), date(YEAR, MONTH, day)) for day in days),
        accepted_at=NOON,
        order=order,
        weight_strategy=strategy,
        project_id=1,
        run_policy=policy,
        **more,
    )
    plan = make_plan(resolved, catalog, limits=UNLIMITED)
    bits: dict[int, int] = {}
    for name in left_out:
        position, ordinal = where(plan, name)
        bits[position] = bits.get(position, 0) | 1 << ordinal
    return make_plan(resolved, catalog, bits, UNLIMITED) if bits else plan


def draw_catalog(text: str, tasks: Mapping[str, Mapping[str, Any]], zone: str = "UTC") -> Catalog:
    """One project of one workflow; a task's id is its place in the drawing, from one."""
    needs = _needs(text)
    ids = {name: number for number, name in enumerate(needs, 1)}
    made = tuple(
        _task(ids[name], name, tuple(Dependency(ids[up], kind) for up, kind in ups), dict(tasks.get(name, {})))
        for name, ups in needs.items()
    )
    flow = Workflow(1, "flow", 1, "Scheduled", {}, {}, None, None, made)
    return Catalog(UUID(int=1), text, (Project(1, "project", zone, 0, {}, {}, (flow,)),))


def name_of(plan: Plan, position: int, ordinal: int) -> str:
    """`task@day`, and `Thhmm` of its cycle where that is not midnight."""
    template = plan.template(position)
    second = template.cycles[ordinal]
    day = plan.dates[position].day
    hour = f"T{second // 3600:02}{second // 60 % 60:02}" if second else ""
    return f"{plan.tasks[template.tasks[ordinal]].task.name}@{day}{hour}"


def where(plan: Plan, name: str) -> tuple[int, int]:
    """Position and ordinal of an instance named as `name_of` does."""
    day = int(re.split("[@T]", name.partition("@")[2])[0])
    position = plan.dates.index(date(YEAR, MONTH, day))
    for ordinal in range(plan.template(position).size):
        if name_of(plan, position, ordinal) == name:
            return position, ordinal
    raise AssertionError(f"nothing is drawn as {name}")


class Play:
    """An engine with drawn backfills; its clock moves and its attempts end only when told."""

    def __init__(
        self,
        plan: Plan | None = None,
        *,
        groups: Mapping[str, int] = {"default": 100},
        now: datetime = NOON,
        reserved: Mapping[str, int] = {},
        starvation_after: timedelta = timedelta(minutes=15),
        budget: int | None = None,
        **terms: Any,
    ) -> None:
        self.engine, self.now = Engine(groups, reserved, starvation_after, budget), now
        self.effects: list[Effect] = []
        self.plans: dict[int, Plan] = {}
        self._accepted: dict[int, Accepted] = {}
        self.open: dict[int, int] = {}
        self._started: list[int] = []
        self._stopped: list[int] = []
        self._run_at: dict[int, tuple[int, int]] = {}
        if plan:
            self.accept(plan, **terms)

    def accept(
        self,
        plan: Plan,
        *,
        parallelism: int = 1,
        priority: int = 1,
        on_failure: OnFailure = OnFailure.CONTINUE,
        environment: str = "Prod",
        at_once: bool = False,
        **more: Any,
    ) -> int:
        """One more backfill; its number. `more` are fields of `Accepted`."""
        said = self.accepted(plan, parallelism, priority, on_failure, environment, at_once)
        self._accepted[said.backfill] = replace(said, **more)
        self.say(self._accepted[said.backfill])
        return len(self.plans)

    def accepted(
        self,
        plan: Plan,
        parallelism: int,
        priority: int,
        on_failure: OnFailure,
        environment: str,
        at_once: bool = False,
    ) -> Accepted:
        """What is said of one more backfill: runs are numbered on, from one."""
        number, first = len(self.plans) + 1, len(self._run_at) + 1
        self.plans[number] = plan
        runs = range(first, first + len(plan.dates))
        self._run_at |= {run: (number, position) for position, run in enumerate(runs)}
        return Accepted(number, plan, runs, environment, priority, parallelism, on_failure, at_once)

    def amend(self, plan: Plan, terms: Replan = AS_BEFORE, *, backfill: int = 1) -> Answered:
        """The backfill goes on under another plan; runs of its new dates are numbered on."""
        amended = self.amended(plan, terms, backfill)
        self.say(amended)
        return next(each for each in self.effects if isinstance(each, Answered))

    def amended(self, plan: Plan, terms: Replan = AS_BEFORE, backfill: int = 1) -> Amended:
        """What is said of that."""
        accepted, old = self._accepted[backfill], self.plans[backfill].dates
        known = dict(zip(old, accepted.runs, strict=True))
        new = (day for day in plan.dates if day not in known)
        runs = known | dict(zip(new, count(max(self._run_at) + 1)))
        accepted = replace(accepted, plan=plan, runs=[runs[day] for day in plan.dates])
        self.plans[backfill], self._accepted[backfill] = plan, accepted
        self._run_at |= {run: (backfill, position) for position, run in enumerate(accepted.runs)}
        return Amended(accepted, Asked(terms, Targets(backfill)))

    def say(self, *said: Said) -> list[Effect]:
        """One round; answers its effects."""
        self.effects = self.engine.handle(said, self.now)
        for effect in self.effects:
            match effect:
                case Start(instance=instance, attempt=attempt):
                    assert instance not in self.open, f"{self.name(instance)} runs twice"
                    self.open[instance] = attempt
                    self._started.append(instance)
                case Stop(instance=instance):
                    self._stopped.append(instance)
        return self.effects

    def starts(self) -> list[str]:
        """What has started since this was last asked, in that order."""
        names, self._started = [self.name(each) for each in self._started], []
        return names

    def stops(self) -> list[str]:
        """What was told to stop since this was last asked."""
        names, self._stopped = [self.name(each) for each in self._stopped], []
        return names

    def begin(self, *names: str) -> None:
        """The attempts' processes exist."""
        self.say(*(AttemptStarted(each, self.open[each], self.now) for each in map(self.instance, names)))

    def succeed(self, *names: str) -> None:
        """The attempts end with exit code 0."""
        self.end(AttemptState.SUCCEEDED, *names, exit_code=0)

    def fail(self, *names: str, exit_code: int = 1) -> None:
        """The attempts end with another exit code."""
        self.end(AttemptState.FAILED, *names, exit_code=exit_code)

    def end(self, state: AttemptState, *names: str, exit_code: int | None = None) -> None:
        """The attempts end, in one round."""
        ends = [(each, self.open.pop(each)) for each in map(self.instance, names)]
        self.say(*(AttemptEnded(each, attempt, state, exit_code, self.now) for each, attempt in ends))

    def wait(self, **span: float) -> None:
        """Time passes, and the engine is called once."""
        self.now += timedelta(**span)
        self.say()

    def cancel(self, *names: str, backfill: int = 1, days: Sequence[int] | None = None) -> None:
        """Cancel the whole backfill, the runs of some days, or some instances."""
        self.act(CANCEL, *names, backfill=backfill, days=days)

    def rerun(self, *names: str, backfill: int = 1, days: Sequence[int] | None = None) -> None:
        """Rerun from failure: the whole backfill, the runs of some days, or some instances."""
        self.act(RERUN, *names, backfill=backfill, days=days)

    def trigger(self, *names: str, backfill: int = 1, days: Sequence[int] | None = None) -> None:
        """Trigger now: some instances."""
        self.act(Order.TRIGGER, *names, backfill=backfill, days=days)

    def hold(self, *names: str, backfill: int = 1, days: Sequence[int] | None = None) -> None:
        """Hold the whole backfill, the runs of some days, or some instances."""
        self.act(Order.HOLD, *names, backfill=backfill, days=days)

    def release(self, *names: str, backfill: int = 1, days: Sequence[int] | None = None) -> None:
        """Release the whole backfill, the runs of some days, or some instances."""
        self.act(Order.RELEASE, *names, backfill=backfill, days=days)

    def act(self, act: Act, *names: str, backfill: int = 1, days: Sequence[int] | None = None) -> Answered:
        """Any act on the whole backfill, the runs of some days, or some instances; what it was answered."""
        runs = None if days is None else [self.run(backfill, self._position(backfill, day)) for day in days]
        instances = [self.instance(name if backfill == 1 else f"{name}#{backfill}") for name in names]
        self.say(Asked(act, Targets(backfill, runs, instances or None)))
        return next(each for each in self.effects if isinstance(each, Answered))

    def word(self, day: int | None = None, backfill: int = 1) -> str:
        """The word of a run, or of the backfill."""
        view = self.engine.snapshot.backfills[backfill]
        return view.word if day is None else view.run(self._position(backfill, day)).word

    def counts(self, day: int, backfill: int = 1) -> tuple[int, ...]:
        """A run's instances by state."""
        return self.engine.snapshot.backfills[backfill].run(self._position(backfill, day)).counts

    def name(self, instance: int) -> str:
        """As drawn, with `#n` for the instances of any but the first backfill."""
        run, ordinal = split_id(instance)
        backfill, position = self._run_at[run]
        name = name_of(self.plans[backfill], position, ordinal)
        return name if backfill == 1 else f"{name}#{backfill}"

    def instance(self, name: str) -> int:
        """The instance of a name."""
        plain, _, backfill = name.partition("#")
        number = int(backfill or 1)
        position, ordinal = where(self.plans[number], plain)
        return instance_id(self.run(number, position), ordinal)

    def run(self, backfill: int, position: int) -> int:
        """The number of a run."""
        return next(run for run, place in self._run_at.items() if place == (backfill, position))

    def _position(self, backfill: int, day: int) -> int:
        return self.plans[backfill].dates.index(date(YEAR, MONTH, day))


def _needs(text: str) -> dict[str, list[tuple[str, Reach]]]:
    needs: dict[str, list[tuple[str, Reach]]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        names, kinds = _ARROW.split(line)[::2], _ARROW.split(line)[1::2]
        for name in names:
            needs.setdefault(name, [])
        for up, down, kind in zip(names, names[1:], kinds, strict=False):
            needs[down].append((up, _reach(kind)))
    return needs


def _reach(kind: str | None) -> Reach:
    if kind is None:
        return SAME
    return PREVIOUS if kind == "previous" else LastDates(int(kind))


def _task(number: int, name: str, needs: tuple[Dependency, ...], fields: dict[str, Any]) -> Task:
    clock = Clock(parse_cron(fields.pop("cron", "0 0 * * *")), "UTC", fields.pop("offset", 0))
    action = fields.pop("action", Command("true"))
    return Task(number, name, 1, 1, clock, action, depends_on=needs, **fields)
