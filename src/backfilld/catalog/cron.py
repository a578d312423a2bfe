"""Five fields, read by a library, matched by arithmetic: which days, and which times of day."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache

from cronsim import CronSim, CronSimError

WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
NEVER = "a cron that has a time on some day; this one never fires"
_ONE = re.compile(
    r"\b0*(\w+)-0*\1/[1-9]\d*", re.IGNORECASE
)  # the library reads `5-5/2` as `5/2`, which goes on to the end
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DayFields:
    """The days on which a cron has times. Day of month and weekday must both match when either starts with `*`."""

    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int | tuple[int, int]]
    """Sunday is 0; (weekday, n) is the n-th such weekday of the month, or its last."""
    both: bool

    @property
    def every_day(self) -> bool:
        """Whether every day matches."""
        return self.days >= set(range(1, 32)) and len(self.months) == 12 and self.weekdays >= set(range(7))

    def match(self, day: date) -> bool:
        """Whether the cron has times on this local day."""
        if day.month not in self.months:
            return False
        of_month, of_week = self._of_month(day), self._of_week(day)
        return of_month and of_week if self.both else of_month or of_week

    def _of_month(self, day: date) -> bool:
        if day.day in self.days:
            return True
        if min(self.days) > 0:
            return False
        last = monthrange(day.year, day.month)[1]
        last_weekday = last - max(0, date(day.year, day.month, last).weekday() - 4)
        return (CronSim.LAST in self.days and day.day == last) or (
            CronSim.LAST_WEEKDAY in self.days and day.day == last_weekday
        )

    def _of_week(self, day: date) -> bool:
        number = day.isoweekday() % 7
        if number in self.weekdays:
            return True
        nth = (day.day - 1) // 7 + 1
        return (number, nth) in self.weekdays or (
            (number, CronSim.LAST) in self.weekdays and day.day + 7 > monthrange(day.year, day.month)[1]
        )


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed cron: its text, days, seconds of the day in order, and whether its hours stretch with the clock."""

    text: str = field(compare=False)
    days: DayFields
    seconds: tuple[int, ...]
    elastic: bool

    def fires(self) -> bool:
        """Whether there is any day on which it has times (29 February on a given weekday comes within 40 years)."""
        first = date(2000, 1, 1).toordinal()
        return any(self.days.match(date.fromordinal(first + number)) for number in range(40 * 366))


@lru_cache(maxsize=10_000)
def parse_cron(text: str) -> Cron:
    """Read five fields or one of `@hourly @daily @weekly @monthly @yearly`; anything else raises `ValueError`.

    The library's extensions are ours too: day `L` (the month's last), `LW` (its last from Monday to Friday), weekday
    `5L` (its last Friday) and `5#2` (its second). A cron without any day may pass here; `fires` tells.

    >>> parse_cron("30 2 * * *").seconds
    (9000,)
    >>> parse_cron("0 */6 * * *").elastic
    True
    """
    fields = WORDS.get(text.strip(), text).split()
    if len(fields) != 5:
        raise ValueError("five fields (minute hour day month weekday) or one of " + " ".join(WORDS))
    try:
        parsed = CronSim(_ONE.sub(r"\1", " ".join(fields)), _EPOCH)
    except CronSimError as error:
        raise ValueError(NEVER if _never(fields) else f"five cron fields; {str(error).lower()}") from None
    return Cron(
        text=text,
        days=DayFields(
            frozenset(parsed.days), frozenset(parsed.months), frozenset(map(_weekday, parsed.weekdays)), parsed.day_and
        ),
        seconds=tuple(sorted(hour * 3600 + minute * 60 for hour in parsed.hours for minute in parsed.minutes)),
        elastic=fields[1] == "*" or "/" in fields[1],
    )


def _never(fields: list[str]) -> bool:
    """Whether the library refused a day of month only because its months are too short."""
    try:
        CronSim(f"0 0 {fields[2]} 1 *", _EPOCH)
        CronSim(f"{fields[0]} {fields[1]} * {fields[3]} {fields[4]}", _EPOCH)
    except CronSimError:
        return False
    return True


def _weekday(found: int | tuple[int, int]) -> int | tuple[int, int]:
    """The weekday with Sunday as 0, which cron also writes as 7."""
    return found % 7 if isinstance(found, int) else (found[0] % 7, found[1])
