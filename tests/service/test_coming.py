"""What schedules will ask for is reckoned with as if it were accepted at its moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from drawing import draw_catalog

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.documents import Document
from backfilld.catalog.schedules import Schedule
from backfilld.service.coming import FIRINGS, firings_to_come

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
CATALOG = draw_catalog("a -> b", {})


def schedule(name: str, cron: str, *roots: str) -> Schedule:
    """One that asks for tasks of the day before its firing."""
    template: dict[str, Any] = {
        "name": name,
        "project_id": "project",
        "type": "SupplementData",
        "periods": {"biz_dates": [{"start_biz_date": "yesterday", "end_biz_date": "yesterday"}]},
        "default_run_properties": {"root_task_ids": list(roots)},
    }
    return Schedule(name, parse_cron(cron), "UTC", Document("schedules.yaml", template))


def test_the_next_firings_of_all_schedules_in_their_order() -> None:
    """Each is a scheduled backfill of its own, with runs of its own, for its own dates."""
    found = list(
        firings_to_come([schedule("two", "0 2 * * *", "a"), schedule("one", "0 1 * * *", "a", "b")], CATALOG, NOW)
    )

    assert len(found) == FIRINGS
    moments = [each.moment for each in found]
    assert moments[:2] == [datetime(2024, 3, 2, 1, tzinfo=UTC), datetime(2024, 3, 2, 2, tzinfo=UTC)]
    assert moments == sorted(moments)
    assert all(each.accepted.scheduled for each in found)
    assert [each.accepted.plan.dates for each in found[:3]] == [(date(2024, 3, 1),)] * 2 + [(date(2024, 3, 2),)]
    numbers = [number for each in found for number in (each.accepted.backfill, each.accepted.runs[0])]
    assert len(set(numbers)) == len(numbers)
    assert all(one.accepted.backfill < other.accepted.backfill for one, other in pairwise(found))


def test_what_would_be_refused_is_none() -> None:
    """A schedule whose request is wrong brings nothing, and keeps no other from coming."""
    found = list(
        firings_to_come([schedule("wrong", "0 2 * * *", "nobody"), schedule("good", "0 3 * * *", "a")], CATALOG, NOW)
    )

    assert {each.moment.hour for each in found} == {3}
    assert found[0].moment - NOW < timedelta(days=1)
