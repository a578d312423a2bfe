from datetime import date

from demo.delays import delays
from demo.flights import cleaned
from demo.month import read_day
from demo.summaries import month_to_date
from demo.tables import read
from figures import flights
from pipeline import ORDER, Pipeline

FLIGHTS_ONLY = ("extract_flights", "clean_flights", "mtd_totals")
ONE_DATE = tuple(task for task in ORDER if task not in ("mtd_totals", "daily_report"))


def files(pipeline: Pipeline, task: str, day: date) -> list[str]:
    return sorted(path.name for path in pipeline.job(day).folder(task).iterdir())


def rows_of(pipeline: Pipeline, task: str, day: date, hour: str) -> list[dict[str, str]]:
    return read(pipeline.job(day).folder(task) / f"{hour}Z.csv")


def test_an_hour_that_nobody_observed_is_an_empty_table(pipeline: Pipeline):
    """On 1 January nothing was observed at hour 0: its file has a header, and the day has 67 observations."""
    day = date(2013, 1, 1)
    pipeline.run(day)

    assert rows_of(pipeline, "extract_weather", day, "2013-01-01T05") == []
    assert (pipeline.job(day).folder("extract_weather") / "2013-01-01T05Z.csv").read_text().startswith("origin,")
    assert read_day(pipeline.job(day)).observations == 67


def test_the_blizzard(pipeline: Pipeline):
    """On 8 February 2013 every second flight was cancelled; its month to date is the sum of eight days."""
    day = date(2013, 2, 8)
    for before in range(1, 8):
        pipeline.run(date(2013, 2, before), FLIGHTS_ONLY)
    pipeline.run(day)

    found = read_day(pipeline.job(day))
    assert found.flights[:3] == (930, 458, 472)
    assert (found.flights.dep_delay, found.flights.distance, found.observations) == (6_804, 921_239, 72)
    assert f"{found.flights.mean_dep_delay:.6f} {found.flights.mean_arr_delay:.6f}" == "14.855895 24.228571"
    days, so_far = month_to_date(pipeline.job(day))
    assert (days, so_far.flights, so_far.cancelled, so_far.dep_delay) == (8, 7_013, 546, 51_763)


def test_the_day_with_23_hours(pipeline: Pipeline):
    """On 10 March the hour from 2 to 3 does not exist: 23 files, from 05 to 03 UTC, hold the whole day."""
    day = date(2013, 3, 10)
    pipeline.run(day, ONE_DATE)

    hours = files(pipeline, "extract_weather", day)
    assert (len(hours), hours[0], hours[-1]) == (23, "2013-03-10T05Z.csv", "2013-03-11T03Z.csv")
    assert files(pipeline, "departures_by_hour", day) == hours
    assert_complete(pipeline, day, observations=69)


def test_the_day_with_25_hours(pipeline: Pipeline):
    """On 3 November hour 1 comes twice: 25 files, each of the two with its own observations; hour 0 has none."""
    day = date(2013, 11, 3)
    pipeline.run(day, ONE_DATE)

    hours = files(pipeline, "extract_weather", day)
    assert (len(hours), hours[0], hours[-1]) == (25, "2013-11-03T04Z.csv", "2013-11-04T04Z.csv")
    first, second = (rows_of(pipeline, "extract_weather", day, f"2013-11-03T0{utc}") for utc in (5, 6))
    assert [row["temp"] for row in first] == ["51.98", "53.96", "55.04"]
    assert [row["temp"] for row in second] == ["50", "51.98", "53.96"]
    assert rows_of(pipeline, "extract_weather", day, "2013-11-03T04") == []
    assert_complete(pipeline, day, observations=72)


def assert_complete(pipeline: Pipeline, day: date, observations: int) -> None:
    """The hours together hold every flight and every observation of the date."""
    scheduled = len(cleaned(pipeline.job(day)))
    hourly = [read(file) for file in pipeline.job(day).folder("departures_by_hour").iterdir()]
    assert sum(int(row["flights"]) for rows in hourly for row in rows) == scheduled > 0
    assert len(read(pipeline.job(day).folder("weather_daily") / "observations.csv")) == observations


def test_a_day_without_weather(pipeline: Pipeline):
    """On 31 December nothing was observed: all flights count as unobserved, and the weather is null, never zero."""
    day = date(2013, 12, 31)
    pipeline.run(day, ONE_DATE)

    assert flights(delays(pipeline.job(day), "delay_vs_weather")) == {"unobserved": 776}
    (weather,) = read(pipeline.job(day).folder("weather_daily") / "weather.csv")
    assert (weather["observations"], weather["mean_temp"], weather["min_visib"]) == ("0", "", "")


def test_a_month_begins_anew(pipeline: Pipeline):
    """The month to date of the first day of a month does not add the month before."""
    for day in (date(2013, 1, 1), date(2013, 2, 1)):
        pipeline.run(day, FLIGHTS_ONLY)

    days, so_far = month_to_date(pipeline.job(date(2013, 2, 1)))
    assert (days, so_far.flights) == (1, len(cleaned(pipeline.job(date(2013, 2, 1)))))
