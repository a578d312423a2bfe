"""What takes longer than its run window stays open is told before it runs."""

from __future__ import annotations

from datetime import time

import pytest
from drawing import draw

from backfilld.catalog.models import RunPolicy
from backfilld.planning.plan import Plan
from backfilld.request.durations import Duration, Durations

NIGHTS = RunPolicy("Daily", time(22), time(5, 59, 59))
"""Eight hours, and nine in the night in which clocks are set back."""


def found(plan: Plan) -> dict[str, str]:
    """What is said of fitting, by subject."""
    return {each.subject: each.message for each in plan.findings if "fit" in each.code}


def hours(*p90: float) -> Durations:
    return Durations({task: Duration(60, 3600 * each) for task, each in enumerate(p90, 1)})


def test_a_task_that_is_too_long():
    """By its p90, whatever its median; under fit_window it would never start."""
    plan = draw("long\nshort", policy=NIGHTS, durations=hours(8.5, 7))

    assert list(found(plan)) == ["long"]
    assert "takes up to 8h30m" in found(plan)["long"]
    assert "run on after" in found(plan)["long"]
    never = draw("long", policy=NIGHTS, durations=hours(8.5), fit_window=True)
    assert "never lets it start" in found(never)["long"]


def test_the_longest_night_of_the_year_counts():
    """What fits when clocks are set back is not called too long."""
    assert found(draw("long", policy=NIGHTS, durations=hours(8.5), zone="Europe/Berlin")) == {}
    assert "long" in found(draw("long", policy=NIGHTS, durations=hours(9.5), zone="Europe/Berlin"))


def test_a_date_that_is_too_long():
    """Each task fits, the path through the date does not; beside each other they would."""
    chain = draw("a -> b -> c", policy=NIGHTS, durations=hours(3, 3, 3))

    assert list(found(chain)) == ["each date"]
    assert "takes up to 9h" in found(chain)["each date"]
    assert found(draw("a\nb\nc", policy=NIGHTS, durations=hours(3, 3, 3))) == {}


@pytest.mark.parametrize("policy", [None, RunPolicy("Daily", time(8), time(7, 59, 59))])
def test_what_never_closes_is_never_too_short(policy: RunPolicy | None):
    """Without a window, or with one of the whole day, everything fits."""
    assert found(draw("a", policy=policy, durations=hours(1000))) == {}


def test_fit_window_without_a_window_is_told():
    """It has no effect then."""
    assert list(found(draw("a", fit_window=True))) == ["fit_window"]
    assert found(draw("a", fit_window=True, policy=NIGHTS)) == {}
