"""Which days, which times of day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.cron import WORDS, parse_cron

JANUARY = [date(2024, 1, 1) + timedelta(days=number) for number in range(31)]


def days(text: str, month: list[date] = JANUARY) -> list[int]:
    return [day.day for day in month if parse_cron(text).days.match(day)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 13 * 5", [5, 12, 13, 19, 26]),  # neither starts with *: either will do
        ("0 0 13 * *", [13]),
        ("0 0 * * 5", [5, 12, 19, 26]),
        ("0 0 */10 * 4", [11]),  # the 1st, 11th, 21st and 31st that are Thursdays
        ("0 0 1-7 * */5", [5, 7]),  # Sundays and Fridays of the first week
        ("0 0 * * 7", [7, 14, 21, 28]),
        ("0 0 * * sun", [7, 14, 21, 28]),
        ("0 0 L * *", [31]),
        ("0 0 LW * *", [31]),
        ("0 0 * * 5L", [26]),
        ("0 0 * * 5#2", [12]),
        ("0 0 * * 7#1", [7]),
        ("0 0 1 2 *", []),
    ],
)
def test_days_are_matched_as_debian_does(text: str, expected: list[int]) -> None:
    """Day of month and weekday must both match if either starts with `*`, else one is enough; L, LW and # count."""
    assert days(text) == expected


@pytest.mark.parametrize(("year", "month", "last"), [(2024, 3, 29), (2024, 6, 28), (2024, 2, 29)])
def test_the_last_working_day(year: int, month: int, last: int) -> None:
    """`LW` is the last Monday to Friday of the month."""
    every = [date(year, month, 1) + timedelta(days=number) for number in range(28 if month == 2 else 30)]
    every += [date(year, month, 29)] if month == 2 else []
    assert days("0 0 LW * *", every) == [last]


@pytest.mark.parametrize(
    ("field", "hours"),
    [("5-5/2", [5]), ("05-5/2", [5]), ("0-0/1", [0]), ("1-11/5", [1, 6, 11]), ("15-5/2", None), ("20/2", [20, 22])],
)
def test_steps(field: str, hours: list[int] | None) -> None:
    """A step runs within its range, a range of one hour too; a lone number with a step goes on to the end."""
    if hours is None:
        with pytest.raises(ValueError, match="bad hour"):
            parse_cron(f"0 {field} * * *")
    else:
        assert parse_cron(f"0 {field} * * *").seconds == tuple(hour * 3600 for hour in hours)


@pytest.mark.parametrize("word", WORDS)
def test_words_are_shorthand(word: str) -> None:
    """A word is exactly its five fields."""
    assert parse_cron(word) == parse_cron(WORDS[word])


@pytest.mark.parametrize(
    "text",
    ["", "0 2 * *", "0 0 2 * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 32 * *", "0 0 * 13 *", "0 0 * * 8",
     "5-1 * * * *", "*/0 * * * *", "x * * * *", "@reboot", "0 0 * * 5#6", "0 0 * * L", "1.5 * * * *", "-1 * * * *"],
)  # fmt: skip
def test_what_is_no_cron_is_refused(text: str) -> None:
    """Five fields within their ranges, or a word; six fields are not read as seconds."""
    with pytest.raises(ValueError, match="five"):
        parse_cron(text)


@pytest.mark.parametrize("text", ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"])
def test_a_cron_without_any_day_says_so(text: str) -> None:
    """A day of month that none of the months has is not called a bad field."""
    with pytest.raises(ValueError, match="never fires"):
        parse_cron(text)


@pytest.mark.parametrize("text", ["0 0 29 2 *", "0 0 29 2 1", "0 0 * 2 1#5", "0 0 30 2 1"])
def test_a_rare_cron_fires(text: str) -> None:
    """Once in four, or in twenty-eight years is not never."""
    assert parse_cron(text).fires()


@pytest.mark.parametrize(
    ("text", "elastic"),
    [
        ("0 * * * *", True),
        ("0 */2 * * *", True),
        ("0 2-8/3 * * *", True),
        ("*/5 2 * * *", False),
        ("0 0-23 * * *", False),
    ],
)
def test_hours_stretch_by_how_they_are_written(text: str, elastic: bool) -> None:
    """`*` and steps are elastic; any other hour field is fixed, `0-23` too."""
    assert parse_cron(text).elastic is elastic


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("0 2 * * *", True),
        ("0 2 1-31 1-12 0-6", True),
        ("0 2 * * 1-7", True),
        ("0 2 2-31,L * *", False),
        ("0 2 * 2 *", False),
    ],
)
def test_every_day_means_every_day(text: str, every: bool) -> None:
    """Counting fields is not enough: `2-31,L` has 31 of them and leaves out the first."""
    cron = parse_cron(text)
    assert cron.days.every_day is every
    assert every == all(cron.days.match(date(2024, 1, 1) + timedelta(days=number)) for number in range(366))


PLAIN = st.sets(st.integers(1, 28), min_size=1, max_size=4)


@given(PLAIN, st.sets(st.integers(0, 6), min_size=1, max_size=4), st.booleans(), st.booleans(), st.dates())
def test_day_fields_against_the_rule_as_debian_words_it(
    of_month: set[int], of_week: set[int], star_month: bool, star_week: bool, day: date
) -> None:
    """With a star in front of either day field both must match, otherwise either."""
    first = "*" if star_month else ",".join(map(str, sorted(of_month)))
    second = "*" if star_week else ",".join(map(str, sorted(of_week)))
    month_matches = star_month or day.day in of_month
    week_matches = star_week or day.isoweekday() % 7 in of_week
    expected = month_matches and week_matches if star_month or star_week else month_matches or week_matches
    assert parse_cron(f"0 0 {first} * {second}").days.match(day) is expected
