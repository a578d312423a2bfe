"""What is going on, at one look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from interfaces.http.site import Site

from backfilld.engine.forecast import Forecast
from backfilld.ports import AS_ASKED, Course, ForecastAnswer
from backfilld.service.forecasts import Latest
from backfilld.service.overview import Attention, attention_of


def told(site: Site, backfill: int) -> dict[str, Any] | None:
    """What the overview says of a backfill, if it is open."""
    found = site.get("/v1/overview")["backfills"]
    return next((each for each in found if each["backfill_id"] == backfill), None)


def until(site: Site, backfill: int, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What it says once that holds."""
    site.until("/v1/overview", lambda _: (found := told(site, backfill)) is not None and holds(found))
    found = told(site, backfill)
    assert found is not None
    return found


@pytest.fixture
def gated(site: Site) -> Iterator[Callable[..., int]]:
    """Submits what waits at a gate that never opens; at the end it is cancelled."""
    made = []

    def submit(*tasks: str, first: int | None = None, **more: Any) -> int:
        answer = site.http.post("/v1/backfills", json=site.request(*tasks, gate="overview", **more) | {"first": first})
        made.append(int(answer.json()["backfill_id"]))
        return made[-1]

    yield submit
    for backfill in made:
        site.http.post(f"/v1/backfills/{backfill}/cancel", json={})
    for backfill in made:
        site.until(f"/v1/backfills/{backfill}", lambda it: it["done_at"] is not None)


def test_an_open_backfill_is_told_of_until_it_is_done(site: Site, gated: Callable[..., int]) -> None:
    """Its instances are among those that are counted, its slots are its own; what is done is not there any more."""
    done = site.submit("silent")
    site.stands(done, "succeeded")
    assert told(site, done) is None
    backfill = gated("hold")
    found = until(site, backfill, lambda it: it["counts"]["running"] == 1)
    assert (found["status"], found["attention"], found["windows"]) == ("running", None, [])
    whole = site.get("/v1/overview")
    assert whole["counts"]["running"] >= 1
    assert whole["open"] == len(whole["backfills"])
    (group,) = site.get("/v1/resource_groups")["items"]
    assert {"backfill_id": backfill, "slots": 1} in group["held_by"]
    assert group["in_use"] == sum(each["slots"] for each in group["held_by"])


def needs(code: str) -> Callable[[dict[str, Any]], bool]:
    return lambda it: it["attention"] is not None and it["attention"]["code"] == code


def test_who_needs_somebody_comes_first(site: Site, gated: Callable[..., int]) -> None:
    """What has failed for good, and what has paused itself, said in words; what goes on by itself is behind them."""
    failed, first, fine = gated("picky", "hold"), gated("silent", days=2, first=1), gated("hold")
    assert until(site, failed, needs("failed"))["attention"]["message"] == "1 failed, and nothing will retry them"
    assert "its first dates are settled" in until(site, first, needs("paused_itself"))["attention"]["message"]
    until(site, fine, lambda it: it["attention"] is None)
    whole = site.get("/v1/overview")["backfills"]
    needy = [each["backfill_id"] for each in whole if each["attention"]]
    assert {failed, first} <= set(needy)
    assert [each["backfill_id"] for each in whole][: len(needy)] == needy


@pytest.mark.parametrize("ends", [None, datetime(2031, 1, 1, tzinfo=UTC)])
def test_what_never_ends_by_itself(site: Site, gated: Callable[..., int], ends: datetime | None) -> None:
    """By its forecast; what an operator has paused is meant to stand, and before there is a forecast nobody knows."""
    backfill = gated("hold", days=2)
    pace = Forecast(ends, (), (), None)
    course = Course(AS_ASKED, pace, pace, ())
    foreseen = Latest(ForecastAnswer("trial", datetime(2030, 1, 1, tzinfo=UTC), (), (course,), 1, 0, 60.0))
    shown = site.services.views.backfill(backfill)
    assert attention_of(shown, foreseen) is (Attention.NEVER_ENDS if ends is None else None)
    assert attention_of(shown, Latest(None)) is None
    site.post(f"/v1/backfills/{backfill}/pause")
    assert attention_of(site.services.views.backfill(backfill), foreseen) is None


def test_run_windows_are_told_with_their_hours(site: Site, gated: Callable[..., int]) -> None:
    """Open: until when; shut: from when. In whose zone their hours are is said."""
    policy = {"type": "Daily", "start_time": "01:00:00", "end_time": "00:30:00"}
    backfill = gated("hold", run_policy=policy)
    until(site, backfill, lambda it: bool(it["windows"]))
    whole = site.get("/v1/overview")
    (window,) = next(each["windows"] for each in whole["backfills"] if each["backfill_id"] == backfill)
    now, opens, closes = (datetime.fromisoformat(it) for it in (whole["now"], window["opens_at"], window["closes_at"]))
    assert (window["policy"]["start_time"], window["timezone"]) == ("01:00:00", "UTC")
    assert window["open"] is (opens <= now)
    assert now < closes
    assert (opens.time().isoformat(), closes.time().isoformat()) == ("01:00:00", "00:30:01")
