"""A month's report as text: colours and blocks for a terminal, plain characters for a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from demo.month import Day, Month
from demo.tally import Tally

BAR = 24
DELAYS = ("flights", "cancelled", "share", "dep min", "arr min", "")


class Pen(NamedTuple):
    """How a line is drawn."""

    terminal: bool

    def strong(self, text: str) -> str:
        """A heading."""
        return f"\x1b[1m{text}\x1b[0m" if self.terminal else text

    def faint(self, text: str) -> str:
        """The names of columns."""
        return f"\x1b[2m{text}\x1b[0m" if self.terminal else text

    def bar(self, value: float, most: float) -> str:
        """A bar of `value`, full at `most`; nothing for nothing and below."""
        length = round(BAR * max(value, 0) / most) if most > 0 else 0
        return f"\x1b[36m{'█' * length}\x1b[0m" if self.terminal else "#" * length


def report(month: Month, pen: Pen) -> Iterator[str]:
    """The lines of the report."""
    yield pen.strong(f"Flights out of New York, {month.first:%B %Y}")
    yield from headline(month)
    yield from days(month.days, pen)
    yield from tallies("Airport", month.by_origin, pen)
    yield from tallies(
        "Airline", {f"{code} {month.carriers[code]}": row for code, row in month.by_carrier.items()}, pen
    )
    yield from tallies("Weather at scheduled departure", month.by_weather, pen)
    yield from weeks(month, pen)
    yield from hours(month, pen)


def headline(month: Month) -> Iterator[str]:
    """The month in two lines."""
    all_, count = month.flights, len(month.days)
    days_run = f"{count} day" if count == 1 else f"{count} days"
    yield f"{days_run}, {all_.flights:,} flights, {all_.cancelled:,} cancelled, {all_.distance:,} miles"
    yield f"mean delay: departure {minutes(all_.mean_dep_delay)} min, arrival {minutes(all_.mean_arr_delay)} min"


def days(rows: Sequence[Day], pen: Pen) -> Iterator[str]:
    """A line for each date, with the mean temperature and the sum of what fell at all airports."""
    names = [f"{row.day:%a %d}  {temperature(row):>4} F  {row.precip:5.2f} in" for row in rows]
    return tally_table(
        "Day, temp, rain at 3 airports", list(zip(names, (row.flights for row in rows), strict=True)), pen
    )


def temperature(row: Day) -> str:
    """Degrees Fahrenheit, or nothing."""
    return "-" if row.mean_temp is None else f"{row.mean_temp:.1f}"


def tallies(title: str, rows: dict[str, Tally], pen: Pen) -> Iterator[str]:
    """A line for each key."""
    return tally_table(title, list(rows.items()), pen)


def weeks(month: Month, pen: Pen) -> Iterator[str]:
    """A line for each weekly report."""
    rows = [(f"{week.ending:%a %d}, {week.days} days", week.flights) for week in month.weeks]
    return tally_table("Week ending", rows, pen)


def hours(month: Month, pen: Pen) -> Iterator[str]:
    """A line for each local hour in which a flight was scheduled."""
    yield from ("", pen.strong("Scheduled departures by hour"))
    most = max(month.departures.values(), default=0)
    for hour, flights in sorted(month.departures.items()):
        if flights:
            yield f"{hour:02}:00  {flights:>7,}  {pen.bar(flights, most)}"


def tally_table(title: str, rows: Sequence[tuple[str, Tally]], pen: Pen) -> Iterator[str]:
    """A heading, then flights, cancellations and mean delays, the bar showing the delay of departures."""
    width = max([len(title), *(len(name) for name, _ in rows)])
    most = max((tally.mean_dep_delay or 0 for _, tally in rows), default=0)
    yield from ("", f"{pen.strong(f'{title:<{width}}')}  {pen.faint(line(DELAYS))}".rstrip())
    for name, tally in rows:
        yield f"{name:<{width}}  {line([*cells(tally), pen.bar(tally.mean_dep_delay or 0, most)])}".rstrip()


def cells(tally: Tally) -> Iterable[str]:
    """A tally as texts, in the order of the columns."""
    share = "-" if tally.cancelled_share is None else f"{tally.cancelled_share:.1%}"
    return (
        f"{tally.flights:,}",
        f"{tally.cancelled:,}",
        share,
        minutes(tally.mean_dep_delay),
        minutes(tally.mean_arr_delay),
    )


def line(texts: Sequence[str]) -> str:
    """All right-aligned but the last, the bar."""
    return "  ".join([*(f"{text:>{width}}" for text, width in zip(texts, (7, 9, 6, 7, 7), strict=False)), texts[-1]])


def minutes(value: float | None) -> str:
    """To a tenth, or nothing."""
    return "-" if value is None else f"{value:.1f}"
