"""What users can know of when it will be; worked out by a forecaster beside the daemon."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock, Thread

from backfilld.catalog.documents import Document
from backfilld.catalog.schedules import Schedule
from backfilld.engine.snapshot import SETTLED
from backfilld.errors import Fault, InvalidRequest, ProductError
from backfilld.ports import (
    AS_ASKED,
    Asker,
    Capacity,
    Clock,
    ForecastAnswer,
    Forecaster,
    ForecastQuestion,
    NewBackfill,
    Variant,
)
from backfilld.service.access import Caller
from backfilld.service.backfills import Backfills
from backfilld.service.catalogs import Shelf
from backfilld.service.leaving import STAYS
from backfilld.service.standing import HasSnapshot

log = logging.getLogger(__name__)
GOOD_FOR = timedelta(seconds=30)
"""A forecast is not made anew before it is so old, and `REST` times as old as it took to be made."""
REST = 10
KEPT = 256
"""Backfills whose last forecast is remembered."""
AT_WORK, AT_REST = "it is being worked out", "it is done"


@dataclass(frozen=True, slots=True)
class Latest:
    """The last forecast that was made of a backfill, if any; else why there is none."""

    answer: ForecastAnswer | None
    reason: str | None = None
    good_until: datetime | None = None


class Forecasts:
    """Asks the forecaster: at once where somebody waits for it, and now and then for those who only look."""

    def __init__(
        self,
        forecaster: Forecaster,
        backfills: Backfills,
        shelf: Shelf,
        recorded: HasSnapshot,
        clock: Clock,
        *,
        capacity: Capacity,
        schedules: Callable[[], Iterable[Schedule]],
    ) -> None:
        """`schedules` are those that will fire."""
        self._forecaster, self._backfills, self._shelf = forecaster, backfills, shelf
        self._recorded, self._clock = recorded, clock
        self._capacity, self._schedules = capacity, schedules
        self._lock = Lock()
        self._at_work: set[int] = set()
        """The backfill whose forecast is renewed now; shared by all that `for_` makes."""
        self._latest: OrderedDict[int, Latest] = OrderedDict()

    def for_(self, caller: Caller) -> Forecasts:
        """The same for somebody, to whom a backfill of projects that they do not see is not there."""
        mine = copy(self)
        mine._backfills = self._backfills.for_(caller)
        return mine

    def of_request(
        self,
        document: Document,
        variants: Sequence[Variant],
        begin: datetime | None = None,
        asker: Asker = STAYS,
    ) -> ForecastAnswer:
        """When a request would be done if it were accepted at `begin`; nothing is written.

        Raises what `Backfills.judged` raises, `InvalidRequest` for a moment that is over, and `ForecastFailed`.
        """
        now = self._clock.now()
        if begin is not None and begin < now:
            raise InvalidRequest([Fault("query.from", begin.isoformat(), "a moment to come")])
        question = self._question(self._backfills.judged(document), variants, now, begin or now)
        return self._forecaster.answer(question, asker)

    def of_backfill(
        self, backfill: int, variants: Sequence[Variant] = (AS_ASKED,), asker: Asker = STAYS
    ) -> ForecastAnswer:
        """When an open backfill will be done; raises `NotFound` for any other, and `ForecastFailed`."""
        self._backfills.refuse_unseen(backfill)
        now = self._clock.now()
        found = self._forecaster.answer(self._question(backfill, variants, now, now), asker)
        if tuple(variants) == (AS_ASKED,):
            self._remember(backfill, found, None, now)
        return found

    def latest(self, backfill: int) -> Latest:
        """What is known at once; where that is old, a new one is begun for whoever asks next.

        Raises `NotFound` if there is no such backfill.
        """
        self._backfills.refuse_unseen(backfill)
        view = self._recorded.snapshot.backfills.get(backfill)
        if view is None or view.word in SETTLED:
            return Latest(None, AT_REST)
        with self._lock:
            known = self._latest.get(backfill, Latest(None, AT_WORK))
            if self._at_work or (known.good_until and self._clock.now() < known.good_until):
                return known
            self._at_work.add(backfill)
        Thread(target=self._renew, args=[backfill], name="forecast", daemon=True).start()
        return known

    def known(self, backfill: int) -> Latest:
        """What was found last of a backfill that the caller was shown; nothing is begun."""
        with self._lock:
            return self._latest.get(backfill, Latest(None, AT_WORK))

    def ends(self) -> dict[int, tuple[datetime | None, datetime | None]]:
        """When backfills end by the last forecast that was made of each, half of the time and nine of ten times.

        None: never by itself. Those of which none was made are left out.
        """
        with self._lock:
            made = {backfill: each.answer.courses[0] for backfill, each in self._latest.items() if each.answer}
        return {backfill: (course.p50.end, course.p90.end) for backfill, course in made.items()}

    def close(self) -> None:
        """Give up what is under way."""
        self._forecaster.close()

    def _renew(self, backfill: int) -> None:
        began = self._clock.now()
        try:
            self.of_backfill(backfill)
        except ProductError as error:
            self._remember(backfill, None, str(error), began)
        except Exception:
            log.exception("the forecast of backfill %s came to nothing", backfill, extra={"backfill": backfill})
            self._remember(backfill, None, "an error of the daemon; its log tells more", began)
        self._at_work.clear()

    def _remember(self, backfill: int, found: ForecastAnswer | None, reason: str | None, began: datetime) -> None:
        now = self._clock.now()
        latest = Latest(found, reason, now + max(GOOD_FOR, REST * (now - began)))
        with self._lock:
            self._latest[backfill] = latest
            while len(self._latest) > KEPT:
                self._latest.popitem(last=False)

    def _question(
        self, subject: int | NewBackfill, variants: Sequence[Variant], now: datetime, begin: datetime
    ) -> ForecastQuestion:
        return ForecastQuestion(
            subject=subject,
            variants=tuple(variants),
            now=now,
            begin=begin,
            capacity=self._capacity,
            catalog=self._shelf.current.content,
            schedules=tuple(self._schedules()),
        )
