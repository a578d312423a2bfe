"""Dates of backfills and task instances that pass what is asked; few enough to be looked at one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from backfilld.catalog.documents import shown as as_given
from backfilld.catalog.fields import Refused
from backfilld.errors import Expired, NotFound
from backfilld.interfaces.http.doors.dataworks.actions import Asked
from backfilld.interfaces.http.doors.retried import awaits_retry
from backfilld.interfaces.vendors.dataworks.creating import ALL_SCHEDULED
from backfilld.interfaces.vendors.dataworks.fields import inner_text, milliseconds
from backfilld.interfaces.vendors.dataworks.instances import Home, Moment, instance_item, run_item
from backfilld.interfaces.vendors.dataworks.refusals import refused
from backfilld.interfaces.vendors.dataworks.words import STATUSES, day_of, has_tag, holds, ms
from backfilld.ports import InstanceFilter, Page, RunFilter
from backfilld.service.views import ShownInstance, ShownRun

T = TypeVar("T")
MOST = 20_000
"""Items of which one request may have some sorted and counted."""
AT_ONCE = 1_000


@dataclass(frozen=True)
class Dated:
    """A date of a backfill, and how it is shown."""

    home: Home
    run: ShownRun
    item: dict[str, object]


@dataclass(frozen=True)
class Placed:
    """A task instance with its date, and how it is shown; `times` says whether its attempts were looked at."""

    home: Home
    run: ShownRun
    shown: ShownInstance
    item: dict[str, object]


@dataclass
class Finder:
    """Looks for a caller; what is known of a backfill or date is read once."""

    asked: Asked
    home: Callable[[int], Home] = field(init=False)
    run: Callable[[int], ShownRun] = field(init=False)

    def __post_init__(self) -> None:
        self.home, self.run = lru_cache(None)(self._home), lru_cache(None)(self.asked.services.views.run)

    def _home(self, backfill: int) -> Home:
        services = self.asked.services
        shown = services.views.shown(services.store.backfill(backfill))
        return Home(shown.stored, shown.terms)

    def runs(self, day: date | None, numbers: Iterable[int] | None) -> Iterator[Dated]:
        """The dates of a project's backfills: those of these numbers, else all of a business date."""
        asked, services = self.asked, self.asked.services
        wanted = RunFilter(asked.get("UnifiedWorkflowInstanceId"), asked["ProjectId"], day, day)
        if numbers is None:
            found = every(lambda after: services.overall.runs(wanted, None, after, AT_ONCE))
        else:
            found = iter(_known(self.run, numbers))
        for run in few(found):
            home = self.home(run.backfill)
            if home.stored.project == asked["ProjectId"] and day in (None, run.business_date):
                yield self.dated(home, run)

    def dated(self, home: Home, run: ShownRun) -> Dated:
        """A date of a backfill as it is shown."""
        return Dated(home, run, run_item(home, run, retries=awaits_retry(self.asked.services.store, run)))

    def instances(self, wanted: InstanceFilter, numbers: Iterable[int] | None) -> Iterator[ShownInstance]:
        """Task instances: those of these numbers, else all that pass the filter; none of what is not there."""
        services = self.asked.services
        if numbers is not None:
            yield from _known(services.views.instance, numbers)
            return
        lists = services.overall if wanted.backfill is None else services.views
        with suppress(NotFound, Expired):
            yield from few(every(lambda after: lists.instances(wanted, after, AT_ONCE)))

    def placed(self, shown: ShownInstance, *, times: bool) -> Placed:
        """A task instance as it is shown, with the times of its last attempt if they are wanted."""
        home, run = self.home(shown.backfill), self.run(shown.run)
        return Placed(home, run, shown, instance_item(home, shown, self.moment(shown, times=times)))

    def moment(self, shown: ShownInstance, *, times: bool = True) -> Moment:
        """What it is looked at with."""
        attempts = self.asked.services.store.attempts(shown.stored.id) if times and shown.stored.attempt else ()
        return Moment(self.run(shown.run), attempts, self.asked.now)


def every(read: Callable[[int | None], Page[T]]) -> Iterator[T]:
    """The items of all pages."""
    after: int | None = None
    while True:
        page = read(after)
        yield from page.items
        if (after := page.next) is None:
            return


def few(found: Iterator[T], most: int = MOST, field: str = "Bizdate") -> Iterator[T]:
    """The same; raises `Refusal` where they are too many for one request."""
    for count, each in enumerate(found):
        if count >= most:
            allowed = f"with others a request that at most {most:,} items pass: name a date, ids, or tasks"
            raise refused(field, f"more than {most:,}", allowed)
        yield each


def _known(read: Callable[[int], T], numbers: Iterable[int]) -> Iterator[T]:
    for number in numbers:
        try:
            yield read(number)
        except (NotFound, Expired):
            continue


def is_run_asked(asked: Asked, found: Dated) -> bool:
    """Whether a date passes what requests about workflow instances have in common."""
    home, item = found.home, found.item
    wanted = {"EnvType": home.stored.environment, "Owner": home.owner, "Type": home.type, "Status": item["Status"]}
    wanted["UnifiedWorkflowInstanceId"] = home.stored.id
    return (
        all(asked.get(name, value) == value for name, value in wanted.items())
        and holds(home.stored.name, asked.get("Name", ""))
        and is_of_workflow(asked, home)
        and ("Tags" not in asked.fields or has_tag(home.terms.resolved.tags, asked["Tags"]))
    )


def is_of_workflow(asked: Asked, home: Home) -> bool:
    """Whether a backfill is of the workflow that is asked for; all scheduled ones together have the id 1."""
    scheduled = home.terms.resolved.type == "SupplementData"
    return asked.get("WorkflowId", home.workflow) in ({home.workflow, ALL_SCHEDULED} if scheduled else {home.workflow})


def day_asked(asked: Asked, name: str) -> date | None:
    """The business date that is asked for, by the clocks of the project; None for none."""
    project = asked.services.catalogs.project(asked["ProjectId"])
    moment = asked.get(name)
    return None if moment is None else day_of(moment, project.timezone)


def a_status(value: object) -> str:
    """Reads a status inside JSON."""
    if value not in STATUSES:
        raise Refused(f"one of {', '.join(STATUSES)}")
    return str(value)


def a_day(value: object) -> date | datetime:
    """Reads a day inside JSON: a date, or a moment on it."""
    try:
        return date.fromisoformat(inner_text(value)) if isinstance(value, str) else milliseconds(value)
    except ValueError:
        raise Refused(f"a date yyyy-mm-dd, or milliseconds since 1970; not {as_given(value)}") from None


def passes_times(item: dict[str, Any], wanted: dict[str, datetime]) -> bool:
    """Whether the times of an item lie in the stretches that are asked for, both ends included."""
    for name, moment in wanted.items():
        field_name, last = _BOUNDS[name]
        known, bound = item.get(field_name), ms(moment)
        assert bound is not None
        if known is None or (known > bound if last else known < bound):
            return False
    return True


_BOUNDS = {
    f"{name}Time{end}": (f"{name[:1].upper()}{name[1:]}Time", end == "End")
    for name in ("started", "finished", "create")
    for end in ("Start", "End")
}
TIMES = dict.fromkeys(_BOUNDS, milliseconds)
