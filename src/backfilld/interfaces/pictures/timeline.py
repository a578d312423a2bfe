"""A forecast as a picture: a bar a date, or a variant, over the hours, the open ones of run windows shaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import svg

from backfilld.interfaces.pictures.bars import Band, Bar, bands_of
from backfilld.interfaces.pictures.document import document_of
from backfilld.interfaces.pictures.marks import (
    BLUE,
    HATCH,
    RED,
    SHADES,
    Panel,
    below,
    legend,
    title,
    words,
)
from backfilld.interfaces.pictures.reading import View, counted

GAP = 14
LABEL, WIDTH, TOP = 92, 860, 22
"""Pixels: for the names of bars, for the time beside them, and for the hours above them."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_STEPS = (HOUR / 4, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY)
_MOST_MARKS = 12
STYLE = f"""
.likely {{ fill: {BLUE}; }} .slow {{ fill: {SHADES[1]}; }} .never {{ fill: {RED}; }}
.open {{ fill: #fdf3d7; }} .hour {{ stroke: {HATCH}; stroke-width: 0.5px; }}
"""
_EPOCH = datetime(1970, 1, 5, tzinfo=UTC)
"""A Monday: marks of weeks are Mondays."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Time from left to right."""

    first: datetime
    last: datetime

    def x(self, moment: datetime) -> float:
        """Where a moment is drawn, at the edge where it is beyond."""
        share = (min(max(moment, self.first), self.last) - self.first) / (self.last - self.first)
        return round(LABEL + WIDTH * share, 1)

    def marks(self) -> Iterator[tuple[datetime, str]]:
        """Round moments with what they are called, the date where it is another than the one before."""
        step = next((each for each in _STEPS if (self.last - self.first) / each <= _MOST_MARKS), _STEPS[-1])
        moment = _EPOCH + -(-(self.first - _EPOCH) // step) * step
        day = None
        while moment <= self.last:
            clock = f"{moment:%H:%M}" if step < DAY else ""
            yield moment, clock if moment.date() == day and clock else f"{moment:%d %b} {clock}".rstrip()
            day, moment = moment.date(), moment + step


def timeline_svg(view: View) -> str:
    """An SVG document of a forecast: of its dates, or of its variants; the same view, the same document."""
    bands = bands_of(view)
    axis = _axis(view, [bar for band in bands for bar in band.bars])
    panels = [_head(view), _rows(bands, axis), _legend(view, bands)]
    page = below(panels, GAP)
    return document_of(page, LABEL + WIDTH + 20, _summary(view), STYLE)


def _axis(view: View, bars: Sequence[Bar]) -> Axis:
    now = datetime.fromisoformat(view["now"])
    ends = [moment for bar in bars for moment in (bar.begin, bar.likely, bar.slow) if moment]
    stalls = [course[pace]["stall"] for course in view["courses"] for pace in ("p50", "p90")]
    last = max([*ends, *(datetime.fromisoformat(stall["since"]) for stall in stalls if stall)], default=now)
    return Axis(now, max(last, now + timedelta(minutes=1)) + (last - now) / 50)


def _head(view: View) -> Panel:
    return Panel(0, 36, [words(0, 14, _summary(view), "title"), words(0, 33, view["note"], "quiet")])


def _summary(view: View) -> str:
    courses = view["courses"]
    if len(courses) > 1:
        return f"{view['name']}: {counted(len(courses), 'variant')}, {_soonest(courses)}"
    slow = courses[0]["p90"]
    end = f"done by {_text(slow['end'])} nine of ten times" if slow["end"] else "never done by itself"
    return f"{view['name']}: {end}{', in ' + counted(slow['nights'], 'night') if slow['nights'] else ''}"


def _soonest(courses: Sequence[View]) -> str:
    ends = [course["p90"]["end"] for course in courses if course["p90"]["end"]]
    first = min(ends, key=datetime.fromisoformat, default=None)
    return f"the first done by {_text(first)} nine of ten times" if first else "none is ever done by itself"


def _text(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC"


def _rows(bands: Sequence[Band], axis: Axis) -> Panel:
    size = sum(len(band.bars) for band in bands)
    pitch = 18 if size <= 31 else 12
    bottom = TOP + pitch * size
    hours, rows, row = list[svg.Element](), list[svg.Element](), 0
    for band in bands:
        top, row = TOP + pitch * row, row + len(band.bars)
        hours += _shades(axis, band.hours, top, TOP + pitch * row)
        rows += _bars(band.bars, axis, top, pitch)
    return Panel(LABEL + WIDTH + 20, bottom, [*hours, *_grid(axis, bottom), *rows])


def _bars(bars: Sequence[Bar], axis: Axis, top: int, pitch: int) -> Iterator[svg.Element]:
    for number, bar in enumerate(bars):
        y = top + number * pitch
        if number % (1 if pitch > 12 else 5) == 0:
            yield words(0, y + pitch - 6, bar.name, "small")
        yield from _row(bar, axis, y, pitch - 6)


def _shades(axis: Axis, windows: Sequence[Sequence[str]], top: int, bottom: int) -> Iterator[svg.Element]:
    """The hours in which something may start; without run windows, none."""
    for opens, closes in windows:
        left, right = axis.x(datetime.fromisoformat(opens)), axis.x(datetime.fromisoformat(closes))
        if right > left:
            hours = title(f"open {_text(opens)} to {_text(closes)}")
            yield _box("open", left, right, top - 4, bottom - top, hours)


def _grid(axis: Axis, bottom: int) -> Iterator[svg.Element]:
    for moment, name in axis.marks():
        x = axis.x(moment)
        yield svg.Line(x1=x, y1=18, x2=x, y2=bottom, class_=["hour"])
        yield words(x, 12, name, "number", "quiet")


def _row(bar: Bar, axis: Axis, y: int, thick: int) -> Iterator[svg.Element]:
    begin = axis.x(bar.begin or axis.first)
    if bar.begin is None and bar.likely is None:
        return
    likely, slow = axis.x(bar.likely or axis.last), axis.x(bar.slow or axis.last)
    about = title(*_facts(bar))
    look = "never" if bar.likely is None else "likely"
    yield _box(look, begin, max(likely, begin + 1), y, thick, about)
    if slow > likely:
        yield _box("slow", likely, slow, y, thick, about)
    if bar.outlasts:
        yield svg.Circle(cx=slow + 5, cy=y + thick / 2, r=2.5, class_=["some"])


def _box(look: str, left: float, right: float, y: int, high: int, about: svg.Element) -> svg.Element:
    return svg.Rect(x=left, y=y, width=round(right - left, 1), height=high, class_=[look], elements=[about])


def _facts(bar: Bar) -> Iterator[str]:
    yield bar.name
    for name, moment in (("from", bar.begin), ("done, p50", bar.likely), ("done, p90", bar.slow)):
        yield f"{name}: {moment:%Y-%m-%d %H:%M} UTC" if moment else f"{name}: {'before' if name == 'from' else 'never'}"
    if bar.outlasts:
        yield "goes on after its run window has closed"


def _legend(view: View, bands: Sequence[Band]) -> Panel:
    bars = [bar for band in bands for bar in band.bars]
    lasts = "until done" if len(view["courses"]) > 1 else "running"
    keys = [("likely", f"{lasts}, if all takes its median (p50)"), ("slow", "longer, if all takes its p90")]
    if any(band.hours for band in bands):
        keys.append(("open", "open hours of run windows"))
    if any(bar.likely is None for bar in bars):
        keys.append(("never", "never ends by itself"))
    samples = [(svg.Rect(x=0.5, y=2, width=24, height=11, rx=2, class_=[look]), meaning) for look, meaning in keys]
    drawn: list[tuple[svg.Element, str]] = [*samples]
    if any(bar.outlasts for bar in bars):
        drawn.append((svg.Circle(cx=12, cy=8, r=2.5, class_=["some"]), "goes on after its window has closed"))
    return legend(drawn, 24, LABEL + WIDTH)
