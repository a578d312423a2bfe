"""Who asks too often is refused for a while, whatever the clock on the wall does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from freezegun import freeze_time

from backfilld.interfaces.http.rates import RateLimits, Rates

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_window_moves() -> None:
    """As many as the limit in any minute, and no more; then one for each that is a minute old."""

    async def story() -> None:
        with freeze_time(NOON, real_asyncio=True) as wall:
            rates = Rates(RateLimits(guesses=2), lambda: 0.0)
            answers = []
            for seconds in (0, 30, 29, 2, 1):
                wall.tick(timedelta(seconds=seconds))
                answers.append(await rates.guessed("a"))
            assert answers == [0, 0, 60, 0, 60]

    asyncio.run(story())


def test_a_clock_that_is_set_back() -> None:
    """Keeps nobody out for longer than a window."""

    async def story() -> None:
        elapsed = [0.0]
        with freeze_time(NOON, real_asyncio=True) as wall:
            rates = Rates(RateLimits(guesses=2), lambda: elapsed[0])
            assert [await rates.guessed("a") for _ in range(3)] == [0, 0, 60]
            wall.move_to(NOON - HOUR)
            elapsed[0] = 59.0
            assert await rates.guessed("a") == 60
            elapsed[0] = 60.0
            assert [await rates.guessed("a") for _ in range(3)] == [0, 0, 60]

    asyncio.run(story())


def test_a_clock_that_is_set_forward() -> None:
    """Lets through at once who was refused."""

    async def story() -> None:
        with freeze_time(NOON, real_asyncio=True) as wall:
            rates = Rates(RateLimits(guesses=1), lambda: 0.0)
            assert [await rates.guessed("a") for _ in range(2)] == [0, 60]
            wall.move_to(NOON + HOUR)
            assert await rates.guessed("a") == 0

    asyncio.run(story())
