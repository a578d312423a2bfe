"""The timeline: every date has its bar, every open hour its shade, whatever the names are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as some

from backfilld.interfaces.pictures.bars import MOST_ROWS
from backfilld.interfaces.pictures.timeline import timeline_svg

SVG = "{http://www.w3.org/2000/svg}"
NOW = datetime(2024, 3, 1, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> str:
    return (NOW + hours * HOUR).isoformat()


def view(dates: list[tuple[float, float, float] | None], name: str = "january") -> dict[str, Any]:
    """Dates with their hours from begin to both ends; None never ends. The nights are shaded."""
    days = [(NOW + number * 24 * HOUR).date().isoformat() for number in range(len(dates))]
    rows = [
        {
            "bizdate": day,
            "begin": hours and at(hours[0]),
            "end_p50": hours and at(hours[1]),
            "end_p90": hours and at(hours[2]),
            "outlasts_window": hours is not None and hours[2] > 10,
        }
        for day, hours in zip(days, dates, strict=True)
    ]
    ends = [hours[2] for hours in dates if hours]
    stall = {"since": at(1), "code": "held", "message": "held"} if None in dates else None
    pace = {"end": None if stall else at(max(ends, default=0)), "nights": 1, "stall": stall}
    course = {"p50": pace, "p90": pace, "dates": rows, "windows": [[at(2), at(10)], [at(26), at(34)]]}
    return {"name": name, "now": NOW.isoformat(), "note": "all known", "courses": [course]}


def classes(drawn: str) -> dict[str, list[ElementTree.Element]]:
    """The boxes by their class, without the legend's."""
    found: dict[str, list[ElementTree.Element]] = {}
    for box in ElementTree.fromstring(drawn).iter(f"{SVG}rect"):
        if box.find(f"{SVG}title") is not None:
            found.setdefault(box.get("class", ""), []).append(box)
    return found


def test_a_bar_a_date_over_open_hours():
    """Bars lie where their hours are: later is further right, and the shade is under those of its night."""
    found = classes(timeline_svg(view([(2, 4, 5), (4, 6, 6), (5, 9, 12)])))

    assert [len(found[look]) for look in ("likely", "slow", "open")] == [3, 2, 1]
    left = [float(box.get("x", "")) for box in found["likely"]]
    assert left == sorted(left)
    (night,) = found["open"]
    assert left[0] == float(night.get("x", ""))
    assert found["likely"][0].findtext(f"{SVG}title", "").split("\n")[2] == "done, p50: 2024-03-02 00:00 UTC"


def test_what_never_ends_and_what_never_begins():
    """A date that stands still to the end has another look; one that never began has no bar."""
    drawn = view([(0, 1, 1), None])
    drawn["courses"][0]["dates"][0]["end_p50"] = drawn["courses"][0]["dates"][0]["end_p90"] = None

    assert set(classes(timeline_svg(drawn))) == {"never"}


def test_a_bar_a_variant():
    """Several variants are compared: each has one bar, from now to its end, over its own open hours."""
    compared = view([(2, 4, 5)])
    (course,) = compared["courses"]
    hours = [(5, [at(2), at(10)]), (9, [at(8), at(10)]), (None, [at(2), at(10)])]
    compared["courses"] = [
        course
        | {"parallelism": number, "window": None, "dates": None, "windows": [open_]}
        | {pace: {"end": end and at(end), "nights": 1, "stall": None} for pace in ("p50", "p90")}
        for number, (end, open_) in enumerate(hours, 1)
    ]

    drawn = timeline_svg(compared)
    found = classes(drawn)
    assert [len(found[look]) for look in ("likely", "never", "open")] == [2, 1, 3]
    assert len({box.get("x") for box in (*found["likely"], *found["never"])}) == 1
    short, long = (float(box.get("width", "")) for box in found["likely"])
    assert 0 < short < long
    bars = [float(box.get("y", "")) for box in (*found["likely"], *found["never"])]
    shades = [(float(box.get("y", "")), float(box.get("height", ""))) for box in found["open"]]
    assert all(top < bar < top + high for bar, (top, high) in zip(bars, shades, strict=True))
    assert "january: 3 variants, the first done by 2024-03-02 01:00 UTC nine of ten times" in drawn
    assert all(f"parallelism {number}" in drawn for number in (1, 2, 3))


@given(
    dates=some.lists(some.none() | some.lists(some.floats(0, 500), min_size=3, max_size=3).map(sorted), max_size=200),
    name=some.text(max_size=40),
)
def test_any_forecast_is_one_picture(dates: list[Any], name: str):
    """It is well-formed, says the same each time, and has no more rows than fit."""
    drawn = timeline_svg(view([each and tuple(each) for each in dates], name))

    assert drawn == timeline_svg(view([each and tuple(each) for each in dates], name))
    found = classes(drawn)
    assert len(found.get("likely", [])) + len(found.get("never", [])) <= MOST_ROWS
