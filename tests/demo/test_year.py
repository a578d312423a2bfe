from datetime import date, timedelta
from pathlib import Path

import pytest
from demo.delays import delays
from demo.tables import read
from demo.tally import Tally, merged, total
from figures import flights, sums_of, top
from pipeline import Pipeline

DATES = [date(2013, 1, 1) + timedelta(number) for number in range(365)]
YEAR = (336_776, 328_521, 8_255, 4_152_200, "12.639070", "6.895377", 350_217_607)
FLIGHTS = [27004, 24951, 28834, 28330, 28796, 28243, 29425, 29327, 27574, 28889, 27268, 28135]
CANCELLED = [521, 1261, 861, 668, 563, 1009, 940, 486, 452, 236, 233, 1025]


@pytest.fixture(scope="module")
def year(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """All flights of the year, extracted and tallied."""
    pipeline = Pipeline(data, tmp_path_factory.mktemp("year"))
    for day in DATES:
        pipeline.run(day, ("extract_flights", "delay_by_carrier", "delay_by_origin"))
    return pipeline


def by_date(year: Pipeline, task: str) -> list[dict[str, Tally]]:
    return [delays(year.job(day), task) for day in DATES]


def test_the_months_of_the_year(year: Pipeline):
    """Flights and cancellations of each month are the true ones."""
    days = list(zip(DATES, by_date(year, "delay_by_origin"), strict=True))
    months = [total(total(tallies.values()) for day, tallies in days if day.month == month) for month in range(1, 13)]

    assert [month.flights for month in months] == FLIGHTS
    assert [month.cancelled for month in months] == CANCELLED
    assert sums_of(total(months)) == YEAR


def test_the_airports_and_airlines_of_the_year(year: Pipeline):
    """The year's flights by airport and of the three largest airlines are the true ones."""
    carriers = merged(by_date(year, "delay_by_carrier"))

    assert flights(merged(by_date(year, "delay_by_origin"))) == {"EWR": 120_835, "JFK": 111_279, "LGA": 104_662}
    assert len(carriers) == 16
    assert top(carriers) == {"UA": 58_665, "B6": 54_635, "EV": 54_173}


def test_every_date_of_the_year_is_prepared(data: Path):
    """Each of the 365 dates has its flights and its weather, 336,776 and 26,115 rows in all."""
    names = [f"{day}.csv" for day in DATES]
    for table, rows in {"flights": 336_776, "weather": 26_115}.items():
        assert sorted(file.name for file in (data / table).iterdir()) == names
        assert sum(len((data / table / name).read_text().splitlines()) - 1 for name in names) == rows
    assert len(read(data / "airlines.csv")) == 16
