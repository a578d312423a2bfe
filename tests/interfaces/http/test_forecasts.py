"""Forecasts through the door: a helper process answers, and nothing is written."""

from __future__ import annotations

from datetime import datetime, timedelta

from interfaces.http.site import Site


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_request_is_forecast_without_a_trace(site: Site) -> None:
    """Without history each task takes a minute: a chain of two on three dates one after another takes six."""
    before = site.get("/v1/backfills")
    found = site.http.post("/v1/forecasts", json=site.request("extract", "hold", days=3)).json()

    (course,) = found["courses"]
    assert moment(course["p50"]["end"]) - moment(found["now"]) < timedelta(minutes=6)
    assert site.get("/v1/backfills") == before
