"""When a plan that is looked at would end: found at once where that is cheap, before anybody asks for a forecast."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from backfilld.engine.forecast import Arrival, Forecast
from backfilld.planning.plan import Finding
from backfilld.ports import AS_ASKED, Capacity, Course, Store
from backfilld.request.durations import assumption
from backfilld.service.book import Book, accepted
from backfilld.service.coming import FREE_RUNS, NOT_ACCEPTED
from backfilld.service.outlook import Scene, Subject, history_of, open_backfills
from backfilld.service.previews import Preview
from backfilld.service.standing import HasSnapshot

MOST = 1000
"""Instances, of the plan and of all that is open, that are played through while somebody waits for a plan."""


class Ends:
    """Plays small plans through among the backfills that are open; what schedules will ask for is left out."""

    def __init__(self, store: Store, book: Book, recorded: HasSnapshot, capacity: Capacity) -> None:
        self._store, self._book, self._recorded, self._capacity = store, book, recorded, capacity

    def __call__(self, made: Preview) -> Iterator[Finding]:
        """When it would be done if it were accepted now, to who asked for an analysis of a plan that can run."""
        if made.resolved.analysed and made.plan.to_run and not made.errors:
            yield self._forecast(made) if self._size(made) <= MOST else _too_large()

    def _size(self, made: Preview) -> int:
        opened = self._recorded.snapshot.backfills
        return made.plan.to_run + sum(self._book.entry(number).stored.size for number in opened)

    def _forecast(self, made: Preview) -> Finding:
        resolved, now = made.resolved, made.resolved.accepted_at
        runs = range(FREE_RUNS, FREE_RUNS + len(made.plan.dates))
        zone = made.catalog.by_id[resolved.project_id].timezone
        subject = Subject(made.request.name, accepted(NOT_ACCEPTED, made.plan, runs, resolved), zone)
        with self._store.at_one_moment() as store:
            standing = list(open_backfills(store, self._book))
            history = history_of(store, [each.accepted for each in standing] + [subject.accepted])
        scene = Scene(standing, [Arrival(now, subject.accepted)], history, self._capacity)
        unknown = sum(not scene.known(resolved.environment, task) for task in subject.tasks)
        return _finding(scene.course(subject, AS_ASKED, now), len(subject.tasks), unknown, self._capacity)


def _finding(course: Course, tasks: int, unknown: int, capacity: Capacity) -> Finding:
    basis = assumption(tasks, unknown, capacity.assumed_seconds)
    if course.p50.end is None or course.p90.end is None:
        stall = course.p50.stall or course.p90.stall
        why = f" ({stall.code})" if stall and stall.code else ""
        return Finding("forecast_end", "warning", "all dates", f"it never ends by itself{why}: {basis}")
    nights = f", in {_nights(course.p50, course.p90)}" if course.p90.openings else ""
    message = f"done by {_text(course.p50.end)}, nine of ten times by {_text(course.p90.end)}{nights}; {basis}"
    return Finding("forecast_end", "info", "all dates", message)


def _nights(likely: Forecast, slow: Forecast) -> str:
    few, many = len(likely.openings), len(slow.openings)
    return f"{few if few == many else f'{few} to {many}'} night{'s' if many > 1 else ''}"


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _too_large() -> Finding:
    message = f"more than {MOST:,} instances are to be reckoned with: `backfill forecast` tells when it would be done"
    return Finding("forecast_end", "info", "all dates", message)
