"""Forecasts through the door: a helper process answers, and nothing is written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from interfaces.http.site import Site
from pydantic import TypeAdapter

from backfilld.interfaces.forecast_view import ForecastView, LatestView

MINUTE = timedelta(minutes=1)
UNTRIED = ("unheard", "after_unheard")
"""Tasks that no test runs: nothing is known of how long they take."""
PATIENCE = 100
"""Seconds: a helper may wait long for a processor."""


def forecast(site: Site, asked: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = site.http.post("/v1/forecasts", json=asked, params=query, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    TypeAdapter(ForecastView).validate_python(found)
    return found


def length(found: dict[str, Any], course: int = 0, pace: str = "p90") -> timedelta:
    """From now to the end, in whole minutes."""
    end = datetime.fromisoformat(found["courses"][course][pace]["end"])
    return round((end - datetime.fromisoformat(found["now"])) / MINUTE) * MINUTE


def newest(site: Site) -> list[int]:
    """The numbers of the last backfills: what becomes of those of other tests is no trace."""
    return [each["id"] for each in site.get("/v1/backfills")["items"]]


def test_a_request_is_forecast_without_a_trace(site: Site) -> None:
    """Without history each task takes a minute: a chain of two on three dates one after another takes six."""
    before = newest(site)
    found = forecast(site, site.request(*UNTRIED, days=3))

    assert length(found) == 6 * MINUTE
    assert found["note"] == "2 of 2 tasks have no history: 1 min each assumed"
    (course,) = found["courses"]
    assert [each["bizdate"] for each in course["dates"]] == ["2024-01-01", "2024-01-02", "2024-01-03"]
    assert newest(site) == before


def test_variants_and_a_moment_to_come(site: Site) -> None:
    """Each parallelism comes with each window; who begins later ends later."""
    asked = site.request(*UNTRIED, days=3)
    found = forecast(site, asked, parallelism=[1, 3], window=["00:00-23:59", "02:00-04:00"])

    pairs = [(each["parallelism"], each["window"]) for each in found["courses"]]
    assert pairs == [(1, "00:00-23:59"), (1, "02:00-04:00"), (3, "00:00-23:59"), (3, "02:00-04:00")]
    assert length(found, 0) >= length(found, 2)
    assert all(each["dates"] is None for each in found["courses"])
    tomorrow = datetime.fromisoformat(found["now"]).replace(microsecond=0) + timedelta(days=1)
    (later,) = forecast(site, asked, **{"from": tomorrow.isoformat()})["courses"]
    assert datetime.fromisoformat(later["p50"]["end"]) == tomorrow + 6 * MINUTE


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"window": "22:00-22:00"}, "query.window"),
        ({"window": "22-6"}, "query.window"),
        ({"from": "2024-03-01T20:00:00"}, "query.from"),
        ({"from": "2024-03-01T20:00:00Z"}, "query.from"),
        ({"parallelism": "0"}, "query.parallelism"),
        ({"parallelism": [str(number) for number in range(1, 30)]}, "query"),
        ({"speed": "2"}, "query.speed"),
    ],
)
def test_what_cannot_be_asked(site: Site, query: dict[str, Any], path: str) -> None:
    """A fault names the parameter, and what is allowed."""
    answer = site.http.post("/v1/forecasts", json=site.request("extract"), params=query)

    assert answer.status_code == 422
    assert [fault["path"].partition("[")[0] for fault in answer.json()["errors"]] == [path]


def test_a_live_backfill(site: Site) -> None:
    """What runs has had its time; who only looks is shown what was worked out last."""
    backfill = site.submit("extract", "hold", days=2, gate="forecast")
    site.until(f"/v1/backfills/{backfill}", lambda it: it["counts"]["running"] == 1)

    found = site.http.get(f"/v1/backfills/{backfill}/forecast", timeout=PATIENCE).json()
    assert timedelta(0) <= length(found) <= 4 * MINUTE
    latest = site.get(f"/v1/backfills/{backfill}/forecast/latest")
    TypeAdapter(LatestView).validate_python(latest)
    assert latest["forecast"] == found
    site.gate("forecast").write_text("open")
    site.stands(backfill, "succeeded")
    assert site.get(f"/v1/backfills/{backfill}/forecast/latest") == {"forecast": None, "reason": "it is done"}
    assert site.http.get(f"/v1/backfills/{backfill}/forecast", timeout=PATIENCE).status_code == 404
    assert site.http.get("/v1/backfills/999999/forecast/latest").status_code == 404
