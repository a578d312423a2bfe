"""Forecasts: what is asked of a helper that works beside the daemon, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from backfilld.catalog.models import RunPolicy
from backfilld.catalog.schedules import Schedule
from backfilld.engine.forecast import Forecast
from backfilld.ports.stored import NewBackfill


@dataclass(frozen=True, slots=True)
class Variant:
    """What is to be otherwise than the request says; None: nothing."""

    parallelism: int | None = None
    window: RunPolicy | None = None


AS_ASKED = Variant()


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the settings give all backfills, and the seconds of a task of which nothing is known."""

    groups: Mapping[str, int]
    reserved: Mapping[str, int]
    starvation_after: timedelta
    assumed_seconds: float


@dataclass(frozen=True, slots=True)
class ForecastQuestion:
    """How a backfill goes on: one that was accepted, or one that would be at `begin`.

    `schedules` are those that are not paused; what they will ask for is planned with `catalog`, a canonical content.
    """

    subject: int | NewBackfill
    variants: tuple[Variant, ...]
    now: datetime
    begin: datetime
    capacity: Capacity
    catalog: str
    schedules: tuple[Schedule, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """How it goes on in one variant: if all takes its median, and if all takes what nine of ten do not pass.

    `windows` are the hours in which its tasks with a run window may start, from `now` to the end, a year at most.
    """

    variant: Variant
    p50: Forecast
    p90: Forecast
    windows: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class ForecastAnswer:
    """A course a variant, in the order asked; `dates` are in run order.

    Of its `tasks` that have a process, `unknown` ones were assumed to take `assumed_seconds`.
    """

    name: str
    now: datetime
    dates: tuple[date, ...]
    courses: tuple[Course, ...]
    tasks: int
    unknown: int
    assumed_seconds: float


class Asker(Protocol):
    """Whoever waits for an answer, and may leave before it is there."""

    @property
    def gone(self) -> bool:
        """Whether they have left."""
        ...

    def when_gone(self, tell: Callable[[], None]) -> AbstractContextManager[None]:
        """Within it `tell` is called, by any thread, as soon as they have left; at once if that was before."""
        ...


class Forecaster(Protocol):
    """Works out forecasts, one question after the other, out of the daemon's way."""

    def answer(self, question: ForecastQuestion, asker: Asker) -> ForecastAnswer:
        """The answer; raises `ForecastFailed` where it is too late, comes to nothing, or is waited for no more."""
        ...

    def close(self) -> None:
        """Give up what is under way, and answer nothing more."""
        ...
