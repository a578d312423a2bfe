"""What the JSON of a plan says where its lists would be long."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.interfaces.plan_view import SPELLED_OUT, plan_view
from backfilld.request.resolve import Circumstances
from backfilld.service.previews import preview

CATALOG = parse_catalog(
    [
        Document(
            "c.yaml",
            {
                "project": "p",
                "business_date_offset": 0,
                "timezone": "UTC",
                "workflows": [{"workflow": "w", "tasks": [{"task": "t", "cron": "0 1 * * 1-5,0", "virtual": True}]}],
            },
        )
    ]
)


def left_out(days: int, order: str) -> list[str]:
    """The dates of the one task, which runs from Sunday to Friday, at an hour that is not asked for."""
    first = date(2024, 1, 1)
    asked = {
        "name": "test",
        "project_id": "p",
        "type": "SupplementData",
        "periods": {
            "biz_dates": [{"start_biz_date": str(first), "end_biz_date": str(first + timedelta(days=days - 1))}],
            "start_time": "02:00:00",
            "end_time": "03:00:00",
        },
        "default_run_properties": {"root_task_ids": ["t"], "order": order},
    }
    made = preview(Document("r.json", asked), CATALOG, Circumstances(datetime(2026, 1, 1, tzinfo=UTC)))
    (only,) = plan_view(made)["left_out"]
    return list(only["dates"])


def all_of(texts: list[str]) -> list[date]:
    """The dates of `date` and `first/last`."""
    ends = [tuple(map(date.fromisoformat, (text.split("/") * 2)[:2])) for text in texts]
    return [first + timedelta(days=n) for first, last in ends for n in range((last - first).days + 1)]


@pytest.mark.parametrize("order", ["Asc", "Desc"])
@pytest.mark.parametrize("days", [420, 428, 429, 1000])
def test_long_lists_of_dates_come_as_intervals(days: int, order: str):
    """Up to a leap year each date is told, in run order; more come as `first/last`, ascending, and say the same."""
    every = (date(2024, 1, 1) + timedelta(days=number) for number in range(days))
    expected = [day for day in every if day.weekday() != 5]
    found = left_out(days, order)

    if len(expected) <= SPELLED_OUT:
        assert found == [day.isoformat() for day in (expected if order == "Asc" else expected[::-1])]
    else:
        assert all_of(found) == expected
        assert len(found) < len(expected) / 5
