"""DataWorks expressions: the vendor's examples, month ends, clock changes, and literal dollars."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.expressions import CycleContext, expressions_in_command, parse


def cycle(business_date: str, cycle_time: str, zone: str = "Asia/Shanghai", fold: int = 0) -> CycleContext:
    local = datetime.fromisoformat(cycle_time).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return CycleContext(date.fromisoformat(business_date), local, workflow_id=1001, task_id=12, instance_id=99)


NIGHT = cycle("2025-10-31", "2025-11-01T00:30:05")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$bizdate", "20251031"),
        ("$cyctime", "20251101003005"),
        ("$gmtdate", "20251101"),
        ("$bizmonth", "202510"),
        ("$jobid/$nodeid/$taskid", "1001/12/99"),
        ("${bdp.system.bizdate}", "20251031"),
        ("${bdp.system.cyctime}", "20251101003005"),
        ("${yyyymmdd}", "20251031"),
        ("${yyyymmdd-1}", "20251030"),
        ("${yyyymmdd+1}", "20251101"),
        ("${yyyymmdd-7*1}", "20251024"),
        ("${yyyymmdd+7*2}", "20251114"),
        ("${yyyy-mm-dd}", "2025-10-31"),
        ("${yyyy-mm-dd-1}", "2025-10-30"),
        ("${yyyy/mm/dd}", "2025/10/31"),
        ("${yyyymm-1}", "202509"),
        ("${yyyymm+3}", "202601"),
        ("${yyyy-mm-1}", "2025-09"),
        ("${yyyy+1}", "2026"),
        ("${yyyy-1}", "2024"),
        ("${yy}", "25"),
        ("${mm-10}", "12"),
        ("${dd}", "31"),
        ("$[yyyymmdd]", "20251101"),
        ("$[yyyymmddhh24miss]", "20251101003005"),
        ("$[yyyy-mm-dd hh24:mi:ss-1/24]", "2025-10-31 23:30:05"),
        ("$[yyyymmdd-1/24]", "20251031"),
        ("$[yyyymmdd-7*1]", "20251025"),
        ("$[hh24:mi-15/24/60]", "00:15"),
        ("$[hh24miss+2/24]", "023005"),
        ("$[yyyymmddhh24+3*2/24]", "2025110106"),
        ("$[add_months(yyyymmdd,-1)]", "20251001"),
        ("$[add_months(yyyymmdd,12*1)]", "20261101"),
        ("$[add_months(yyyy-mm-dd, -12*2)]", "2023-11-01"),
        ("dt=${yyyymmdd}/h=$[hh24]", "dt=20251031/h=00"),
        ("$bizdate.csv", "20251031.csv"),
        ("plain", "plain"),
        ("", ""),
        ("costs $5, 100%, ^a$", "costs $5, 100%, ^a$"),
        ("$$bizdate $${yyyymmdd} $$$$", "$bizdate ${yyyymmdd} $$"),
    ],
)
def test_expressions_of_the_vendor(text: str, expected: str) -> None:
    """Braces read the business date, brackets the cycle time; text around them, and other dollars, are kept."""
    assert parse(text).render(NIGHT) == expected


@pytest.mark.parametrize(
    "text",
    ["$foo", "$bizdat", "$bizdates", "${}", "$[]", "${foo}", "${yyyymmdd-}", "${yyyymmdd-1/24}", "${hh24}", "${yyyyqq}",
     "$[yyyymmdd-1/12]", "$[yyyymmdd-1/24/30]", "$[add_months(yyyymmdd)]", "$[add_months(yyyymmdd,-1)-1]", "${yyyymmdd",
     "$[hh24", "${yyyy%Y}", "${YYYYMMDD}", "${yyyymmdd-999999}", "${yyyy-9999}", "$[add_months(yyyymm,99999)]",
     "$[1+2]", "${yyyymmdd-1-1}", "${bdp.system.foo}"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    """A typing error never becomes a literal; the message lists what there is and names the culprit."""
    with pytest.raises(ValueError, match=r"\$bizdate .* none of them"):
        parse(text)


@pytest.mark.parametrize(
    ("business_date", "cycle_time", "expected"),
    [
        ("2025-10-14", "2025-10-15T02:00", "202509"),  # October is not over: the last whole month
        ("2025-10-31", "2025-11-01T02:00", "202510"),
        ("2025-12-31", "2026-01-01T02:00", "202512"),
        ("2026-01-05", "2026-01-06T02:00", "202512"),
        ("2025-10-31", "2026-10-31T02:00", "202510"),  # the same month of another year is another month
    ],
)
def test_the_business_month_is_one_that_has_ended(business_date: str, cycle_time: str, expected: str) -> None:
    """The business date's month, or the one before while the cycle still lies in it."""
    assert parse("$bizmonth").render(cycle(business_date, cycle_time)) == expected


@pytest.mark.parametrize(
    ("text", "business_date", "cycle_time", "expected"),
    [
        ("$[add_months(yyyymmdd,-1)]", "2024-03-30", "2024-03-31T00:00", "20240229"),
        ("$[add_months(yyyymmdd,1)]", "2025-01-30", "2025-01-31T00:00", "20250228"),
        ("$[add_months(yyyymmdd,-12*1)]", "2024-02-28", "2024-02-29T00:00", "20230228"),
        ("$[add_months(yyyymmddhh24,-2)]", "2024-12-30", "2024-12-31T05:00", "2024103105"),
        ("${yyyymm-1}", "2024-03-31", "2024-04-01T00:00", "202402"),
        ("${yyyymm+1}", "2024-01-31", "2024-02-01T00:00", "202402"),
        ("${yyyy-1}", "2024-02-29", "2024-03-01T00:00", "2023"),
        ("${yyyymmdd-1}", "2024-03-01", "2024-03-02T00:00", "20240229"),
    ],
)
def test_month_ends(text: str, business_date: str, cycle_time: str, expected: str) -> None:
    """A day that the other month lacks becomes that month's last; a month or year never spills into the next."""
    assert parse(text).render(cycle(business_date, cycle_time)) == expected


def test_hours_are_elapsed_ones_across_clock_changes() -> None:
    """An hour before 03:00 on the short day is 01:00, and on the long day the second 01:00 comes after the first."""
    after_gap = cycle("2024-03-10", "2024-03-10T03:00", "America/New_York")
    second_one = cycle("2024-11-03", "2024-11-03T01:30", "America/New_York", fold=1)
    assert parse("$[hh24:mi-1/24]").render(after_gap) == "01:00"
    assert parse("$[hh24:mi-1/24]").render(second_one) == "01:30"
    assert parse("$[hh24:mi-90/24/60]").render(second_one) == "01:00"


def test_days_keep_the_time_of_day_across_clock_changes() -> None:
    """A day before 03:30 is 03:30, though the clocks changed between."""
    morning = cycle("2024-03-10", "2024-03-10T03:30", "America/New_York")
    assert parse("$[yyyymmdd hh24:mi-1]").render(morning) == "20240309 03:30"


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)), st.integers(-3_000, 3_000))
def test_months_against_the_count_of_months(day: date, months: int) -> None:
    """Moving by months counts months, whatever their lengths."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    context = CycleContext(day, midnight, 1, 1, 1)
    text = parse(f"$[add_months(yyyy-mm-dd,{months})]").render(context)
    year, month, _ = map(int, text.split("-"))
    assert (year * 12 + month) - (day.year * 12 + day.month) == months


@given(st.text(alphabet="abc $5%,.{}[]"))
def test_texts_without_expressions_stay_as_they_are(text: str) -> None:
    """Whatever is accepted and has neither `$$` nor an expression comes out unchanged."""
    try:
        expression = parse(text)
    except ValueError:
        return
    assert expression.render(NIGHT) == text.replace("$$", "$")


@pytest.mark.parametrize(
    ("command", "names", "found"),
    [
        ('run --date "$bizdate" --at $cyctime', set(), []),
        ("run ${yyyymmdd-1} $[hh24-1/24]", set(), ["${yyyymmdd-1}", "$[hh24-1/24]"]),
        ("run $gmtdate $bizmonth", {"gmtdate"}, ["$bizmonth"]),
        ("run ${bdp.system.bizdate}", set(), ["${bdp.system.bizdate}"]),
        ("run ${limit-10} ${name:-x} $[1+2] $(date) $HOME $$ $?", set(), []),
        ("run ${dd}", {"dd"}, []),
        ("run ${dd}", set(), ["${dd}"]),
    ],
)
def test_expressions_that_a_shell_would_misread(command: str, names: set[str], found: list[str]) -> None:
    """Only what DataWorks would expand is meant; variables of the task and plain shell syntax are not."""
    assert expressions_in_command(command, frozenset(names)) == found
