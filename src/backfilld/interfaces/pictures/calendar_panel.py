"""The calendar of a plan: a page a month where there are few, else a strip of weeks a year."""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

import svg

from backfilld.dates import Period, business_dates
from backfilld.interfaces.pictures.calendar import Day, classes
from backfilld.interfaces.pictures.marks import SHADES, Panel, legend, title, words
from backfilld.interfaces.pictures.reading import counted

MOST_MONTHS = 12
"""More months than these are drawn as years."""
MOST_LARGE = 40
"""More years than these are drawn smaller."""
LONGEST_MONTH = 31
GAP, BESIDE = 24, 44
"""Pixels between pages, and for the year beside its weeks."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Cells:
    """How a day is drawn: the classes of numbers, and the size of a cell and its distance to the next, in pixels."""

    classes: Sequence[tuple[int, int]]
    size: int
    pitch: int
    numbered: bool

    def shade(self, instances: int) -> int:
        """The number of the shade; few classes are spread over all shades."""
        place = bisect_left(self.classes, instances, key=itemgetter(1))
        return (2 * place + 1) * len(SHADES) // (2 * len(self.classes))

    def cell(self, x: int, y: int, day: date, asked: Day | None) -> Iterator[svg.Element]:
        """The day with its corner there; one that nobody asks for is faint."""
        elements: list[svg.Element] = []
        look = "faint" if asked is None else self._look(asked)
        if asked is not None:
            elements.append(title(f"{WEEKDAYS[day.weekday()]} {day.isoformat()}", *_facts(asked)))
        corner = 2 if self.size > 8 else 1
        yield svg.Rect(x=x, y=y, width=self.size, height=self.size, rx=corner, class_=[look], elements=elements or None)
        if self.numbered:
            upon = ["upon"] if look in _DARK else ["quiet"] if asked is None else []
            yield words(x + self.size / 2, y + self.size / 2 + 4, str(day.day), "number", *upon)
        if asked is not None and asked.facts:
            yield svg.Circle(cx=x + self.size - 3, cy=y + 3, r=self.size / 10 + 0.8, class_=["some"])

    def _look(self, day: Day) -> str:
        if day.closed is not None:
            return "closed"
        return f"shade{self.shade(day.instances)}" if day.instances else "none"


_DARK = {f"shade{number}" for number in (3, 4)}


def calendar_panel(days: Mapping[date, Day], width: int) -> Panel:
    """The calendar, in about that width."""
    found = classes((day.instances for day in days.values()), len(SHADES))
    pages = _pages(days)
    if len(pages[0]) <= LONGEST_MONTH:
        return _in_columns([_month(page, days, Cells(found, 22, 24, numbered=True)) for page in pages], width)
    size, pitch = (11, 13) if len(pages) <= MOST_LARGE else (7, 8)
    return _in_columns([_year(page, days, Cells(found, size, pitch, numbered=False)) for page in pages], width)


def calendar_legend(days: Mapping[date, Day], width: int) -> Panel:
    """What the colours of this calendar mean."""
    return legend([(_sample(look), meaning) for look, meaning in _meanings(days)], 12, width)


def _meanings(asked: Mapping[date, Day]) -> Iterator[tuple[str, str]]:
    days = list(asked.values())
    cells = Cells(classes((day.instances for day in days), len(SHADES)), 12, 14, numbered=False)
    for low, high in cells.classes:
        unit = " instances" if high == cells.classes[-1][1] else ""
        yield f"shade{cells.shade(low)}", (f"{low:,}" if low == high else f"{low:,} to {high:,}") + unit
    if any(day.closed is None and not day.instances for day in days):
        yield "none", "asked, nothing runs"
    if any(day.closed is not None for day in days):
        yield "closed", "closed by the calendar"
    if any(day.facts for day in days):
        yield "some", "some are left out"
    if sum(map(len, _pages(asked))) > len(days):
        yield "faint", "not asked"


def _sample(look: str) -> svg.Element:
    if look == "some":
        return svg.Circle(cx=6, cy=8, r=3, class_=[look])
    return svg.Rect(x=0.5, y=2, width=12, height=12, rx=2, class_=[look])


def _facts(day: Day) -> Sequence[str]:
    if day.closed is not None:
        return (f"closed: {day.closed}",)
    return (counted(day.instances, "instance") if day.instances else "no instance", *day.facts)


def _pages(days: Iterable[date]) -> list[tuple[date, ...]]:
    """All dates of each month that has an asked one; where these are many, of each year."""
    months = sorted({(day.year, day.month) for day in days})
    if len(months) <= MOST_MONTHS:
        return [business_dates([Period(date(*month, 1), date(*month, monthrange(*month)[1]))]) for month in months]
    return [business_dates([Period(date(year, 1, 1), date(year, 12, 31))]) for year in sorted(dict(months))]


def _month(page: Sequence[date], days: Mapping[date, Day], cells: Cells) -> Panel:
    """Weeks from top to bottom."""
    first, middle = page[0], cells.size / 2
    elements: list[svg.Element] = [words(0, 12, f"{MONTHS[first.month - 1]} {first.year}", "head")]
    for column, weekday in enumerate(WEEKDAYS):
        elements.append(words(column * cells.pitch + middle, 28, weekday[0], "number", "quiet"))
    for day in page:
        row, column = divmod(day.day - 1 + first.weekday(), 7)
        elements += cells.cell(column * cells.pitch, 34 + row * cells.pitch, day, days.get(day))
    return Panel(7 * cells.pitch, 34 + (row + 1) * cells.pitch, elements)


def _year(page: Sequence[date], days: Mapping[date, Day], cells: Cells) -> Panel:
    """Weeks from left to right, Monday on top."""
    elements: list[svg.Element] = [words(0, 10, str(page[0].year), "head")]
    for number, day in enumerate(page):
        week, weekday = divmod(number + page[0].weekday(), 7)
        x = BESIDE + week * cells.pitch
        if day.day == 1:
            elements.append(words(x, 10, MONTHS[day.month - 1][:3], "small", "quiet"))
        elements += cells.cell(x, 16 + weekday * cells.pitch, day, days.get(day))
    return Panel(BESIDE + 54 * cells.pitch, 16 + 7 * cells.pitch, elements)


def _in_columns(panels: Sequence[Panel], width: int) -> Panel:
    """As many beside each other as fit."""
    wide, high = (max(sizes) for sizes in zip(*((p.width + GAP, p.height + GAP // 2) for p in panels), strict=True))
    across = max(1, min(len(panels), (width + GAP) // wide))
    placed = [panel.at(number % across * wide, number // across * high) for number, panel in enumerate(panels)]
    return Panel(across * wide - GAP, -(-len(panels) // across) * high - GAP // 2, placed)
