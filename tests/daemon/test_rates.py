"""Who asks too often is refused for a while, whatever the clock on the wall does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from freezegun import freeze_time

from backfilld.interfaces.http.rates import RateLimits, Rates

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def guesses(*moments: datetime) -> list[list[int]]:
    """What three guesses are answered at each of these moments, of which two a minute are heard."""

    async def story() -> list[list[int]]:
        with freeze_time(NOON, real_asyncio=True) as wall:
            rates, answers = Rates(RateLimits(guesses=2)), []
            for moment in moments:
                wall.move_to(moment)
                answers.append([await rates.guessed("a") for _ in range(3)])
            return answers

    return asyncio.run(story())


def test_so_many_and_no_more() -> None:
    """As many as the limit, the rest is told when to come again; who comes then is heard, who comes sooner is not."""
    soon, then = NOON + timedelta(seconds=30), NOON + timedelta(seconds=120)
    assert guesses(NOON, soon, then) == [[0, 0, 60], [60, 60, 60], [0, 0, 60]]


def test_a_clock_that_is_set() -> None:
    """Back or forward, it keeps nobody out who would not be kept out at that time."""
    assert guesses(NOON, NOON - HOUR, NOON + HOUR) == [[0, 0, 60]] * 3
