"""How a backfill goes on, worked out from all that is recorded at one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice, takewhile

from backfilld.catalog.models import Task, TaskId, Virtual
from backfilld.catalog.parse import catalog_of
from backfilld.engine.events import Accepted, Restored
from backfilld.engine.forecast import Arrival, Forecast, Outlook, Takes, forecast
from backfilld.engine.marks import Halt
from backfilld.errors import NotFound
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.planning.windows import RunWindow
from backfilld.ports import Capacity, Course, ForecastAnswer, ForecastQuestion, NewBackfill, Recorded, Variant
from backfilld.request.durations import NO_TIME, Duration
from backfilld.request.resolve import resolve
from backfilld.request.resolved import UNLIMITED
from backfilld.request.text import request_of
from backfilld.service.book import Book, accepted, circumstances_of
from backfilld.service.coming import FREE_RUNS, NOT_ACCEPTED, firings_to_come
from backfilld.service.restoring import restored

Play = Callable[[], Forecast]
Players = Callable[[Sequence[Play]], Sequence[Forecast]]
"""Works out forecasts that need nothing of one another; answers them in their order."""
History = Mapping[str, Mapping[TaskId, Duration]]
"""What is known of tasks, by environment."""


def one_by_one(plays: Sequence[Play]) -> list[Forecast]:
    """The forecasts, worked out here."""
    return [play() for play in plays]


@dataclass(frozen=True, slots=True)
class Subject:
    """The backfill that is asked about, and the zone on whose clocks its windows are read."""

    name: str
    accepted: Accepted
    zone: str

    @property
    def tasks(self) -> list[Task]:
        """Its tasks that have a process."""
        return [each.task for each in self.accepted.plan.tasks if not isinstance(each.task.action, Virtual)]

    def varied(self, variant: Variant) -> Accepted:
        """As it would be; what was never started is begun."""
        found, marks = self.accepted, self.accepted.marks
        if marks.halt is Halt.NOT_STARTED:
            marks = replace(marks, halt=None)
        if variant.parallelism is not None:
            found, marks = replace(found, parallelism=variant.parallelism), replace(marks, parallelism=None)
        if variant.window is not None:
            window = RunWindow.of(variant.window, self.zone)
            tasks = tuple(replace(each, window=window) for each in found.plan.tasks)
            found = replace(found, plan=replace(found.plan, tasks=tasks))
        return replace(found, marks=marks)


@dataclass(frozen=True, slots=True)
class Scene:
    """The backfills that are open, those to come, what is known of their tasks, and what they share."""

    standing: Sequence[Restored]
    coming: Sequence[Arrival]
    history: History
    capacity: Capacity

    def paces(self, own: Accepted, now: datetime) -> list[Play]:
        """How a backfill that is one of them goes on: as usual, and slowly where any task is known to vary."""
        outlook = Outlook(
            self.capacity.groups,
            [replace(each, accepted=own) if _same(each.accepted, own) else each for each in self.standing],
            [replace(each, accepted=own) if _same(each.accepted, own) else each for each in self.coming],
            self.capacity.reserved,
            self.capacity.starvation_after,
        )
        paces = range(2) if self._varies() else range(1)
        return [partial(forecast, outlook, own.backfill, self._takes(pace), now) for pace in paces]

    def course(self, subject: Subject, variant: Variant, now: datetime) -> Course:
        """How the subject, which is one of them, goes on from `now`."""
        own = subject.varied(variant)
        return _course(variant, own.plan, now, one_by_one(self.paces(own, now)))

    def known(self, environment: str, task: Task) -> bool:
        """Whether history tells how long the task takes."""
        return task.id in self.history.get(environment, {})

    def _varies(self) -> bool:
        """Whether any task is known to take more at times than it usually does."""
        return any(each.p50 != each.p90 for tasks in self.history.values() for each in tasks.values())

    def _takes(self, number: int) -> Takes:
        """The median (0), or what nine of ten do not pass (1)."""
        assumed = Duration(self.capacity.assumed_seconds, self.capacity.assumed_seconds)

        def takes(environment: str, task: Task) -> float:
            if isinstance(task.action, Virtual):
                return NO_TIME[number]
            return self.history.get(environment, {}).get(task.id, assumed)[number]

        return takes


def look(store: Recorded, question: ForecastQuestion) -> Prospect:
    """All that the answer rests on; raises `NotFound` for a backfill that is not open, or cannot be continued."""
    book = Book(store)
    standing = list(open_backfills(store, book))
    subject, coming = _subject(question, book, standing), list[Arrival]()
    if isinstance(question.subject, NewBackfill):
        coming.append(Arrival(question.begin, subject.accepted))
    coming += firings_to_come(question.schedules, catalog_of(question.catalog), question.now)
    everybody = [each.accepted for each in standing] + [each.accepted for each in coming]
    return Prospect(question, subject, Scene(standing, coming, history_of(store, everybody), question.capacity))


@dataclass(frozen=True, slots=True)
class Prospect:
    """A question, and all that was read for it."""

    question: ForecastQuestion
    subject: Subject
    scene: Scene

    def answer(self, played: Players = one_by_one) -> ForecastAnswer:
        """How the backfill goes on in each variant."""
        question, subject = self.question, self.subject
        owns = [subject.varied(variant) for variant in question.variants]
        plays = [self.scene.paces(own, question.now) for own in owns]
        forecasts = iter(played([play for paces in plays for play in paces]))
        each_own = zip(question.variants, owns, plays, strict=True)
        environment = subject.accepted.environment
        return ForecastAnswer(
            name=subject.name,
            now=question.now,
            dates=subject.accepted.plan.dates,
            courses=tuple(
                _course(variant, own.plan, question.now, list(islice(forecasts, len(paces))))
                for variant, own, paces in each_own
            ),
            tasks=len(subject.tasks),
            unknown=sum(not self.scene.known(environment, task) for task in subject.tasks),
            assumed_seconds=question.capacity.assumed_seconds,
        )


def open_backfills(store: Recorded, book: Book) -> Iterator[Restored]:
    """Every backfill that is not done, as the engine would take it up; but those whose plan is not the accepted one."""
    attempts = store.open_attempts()
    for stored in store.open_backfills():
        entry = book.entry(stored.id)
        if not entry.changed:
            yield restored(store, book, entry, attempts)


def history_of(store: Recorded, everybody: Iterable[Accepted]) -> History:
    """What is known of all their tasks."""
    tasks: dict[str, set[TaskId]] = {}
    for each in everybody:
        tasks.setdefault(each.environment, set()).update(planned.task.id for planned in each.plan.tasks)
    return {environment: store.durations(environment, sorted(ids)) for environment, ids in tasks.items()}


def _subject(question: ForecastQuestion, book: Book, standing: Iterable[Restored]) -> Subject:
    if isinstance(question.subject, NewBackfill):
        return _newcomer(question.subject)
    for each in standing:
        if each.accepted.backfill == question.subject:
            entry = book.entry(question.subject)
            zone = entry.catalog.by_id[entry.resolved.project_id].timezone
            return Subject(entry.stored.name, each.accepted, zone)
    raise NotFound("open backfill", question.subject)


def _newcomer(new: NewBackfill) -> Subject:
    """A request that was judged, as it would be accepted."""
    catalog = catalog_of(new.catalog_content)
    resolved = resolve(request_of(new.request), catalog, circumstances_of(new.resolved))
    plan = make_plan(resolved, catalog, new.left_out, UNLIMITED)
    runs = range(FREE_RUNS, FREE_RUNS + len(plan.dates))
    return Subject(new.name, accepted(NOT_ACCEPTED, plan, runs, resolved), catalog.by_id[resolved.project_id].timezone)


def _course(variant: Variant, plan: Plan, now: datetime, paces: Sequence[Forecast]) -> Course:
    return Course(variant, paces[0], paces[-1], tuple(_open_hours(plan, now, paces[-1])))


def _same(one: Accepted, other: Accepted) -> bool:
    return one.backfill == other.backfill


def _open_hours(plan: Plan, now: datetime, course: Forecast) -> Iterator[tuple[datetime, datetime]]:
    """When its run windows are open until it ends, each stretch once."""
    until = course.end or datetime.max.replace(tzinfo=UTC)
    windows = dict.fromkeys(each.window for each in plan.tasks if each.window)
    found = (takewhile(lambda hours: hours[0] < until, window.stretches(now)) for window in windows)
    yield from sorted({hours for each in found for hours in each})
