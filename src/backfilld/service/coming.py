"""What schedules will ask for: their firings to come, as backfills that nobody has accepted yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice, repeat

from backfilld.catalog.models import Catalog
from backfilld.catalog.schedules import Schedule, firings
from backfilld.engine.forecast import Arrival
from backfilld.errors import ProductError
from backfilld.request.resolve import Circumstances
from backfilld.service.book import accepted
from backfilld.service.previews import preview

FIRINGS = 100
"""Firings that a forecast reckons with, the next ones of all schedules."""
NOT_ACCEPTED = 2**40
"""The number of a backfill that is not accepted yet: after all that are."""
FREE_RUNS = 2**31
"""Run numbers from here on are given to backfills that are not accepted yet."""
_RUNS_EACH = 2**17
"""More than a request can have."""


def firings_to_come(schedules: Sequence[Schedule], catalog: Catalog, now: datetime) -> Iterator[Arrival]:
    """The backfills of the next firings, as they would be accepted without any history; a refused one is none."""
    coming = merge(*(zip(firings(each, now), repeat(number)) for number, each in enumerate(schedules)))
    for count, (moment, number) in enumerate(islice(coming, FIRINGS), 1):
        try:
            made = preview(schedules[number].request_at(moment), catalog, Circumstances(moment))
        except ProductError:
            continue
        if not made.errors:
            first = FREE_RUNS + count * _RUNS_EACH
            runs = range(first, first + len(made.plan.dates))
            yield Arrival(moment, accepted(NOT_ACCEPTED + count, made.plan, runs, made.resolved, scheduled=True))
