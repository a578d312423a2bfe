"""A backfill's progress on a terminal: a bar for all of it, and one for each date that runs now."""

from __future__ import annotations

from collections.abc import Sequence

from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as RichProgress
from rich.table import Column

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.expected import Expected
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.output import console
from backfilld.interfaces.cli.progress import Progress

NAME_WIDTH = 24
MOST_DATES = 10
"""Dates in flight that have a bar of their own."""


class Bars:
    """Bars on some lines of the terminal."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon, self._expected = daemon, Expected(daemon)
        name = Column(max_width=NAME_WIDTH, no_wrap=True, overflow="ellipsis")
        self._bars = RichProgress(
            TextColumn("{task.description}", markup=False, table_column=name),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[said]}", markup=False, table_column=Column(no_wrap=True)),
            console=console(),
            expand=True,
            auto_refresh=False,
        )
        self._whole = self._bars.add_task("", total=None, said="", visible=False)
        self._dates: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, backfill: View) -> None:
        """Done, running and failed instances of all of it and of its dates, its word, and when it ends if known."""
        said = f"{_said(backfill)}  {backfill['status']}"
        if end := self._expected.of(backfill):
            said = f"{said}, {end}"
        self._show_dates(self._running(backfill))
        self._put(self._whole, one_line(f"{backfill['id']} {backfill['name']}"), backfill, said)
        self._bars.refresh()

    def silent(self, reason: str) -> None:
        """Say so in the bar."""
        self._bars.update(self._whole, said="the daemon does not answer, trying on", refresh=True)

    def _running(self, backfill: View) -> Sequence[View]:
        """The dates that run, the first of them first; of a backfill with one date that is told by its own bar."""
        if backfill["dates"]["count"] == 1 or not backfill["runs"].get("running"):
            return ()
        page = self._daemon.get("/v1/runs", backfill=backfill["id"], state="running", limit=MOST_DATES)
        return sorted(page["items"], key=lambda run: str(run["bizdate"]))

    def _show_dates(self, runs: Sequence[View]) -> None:
        days = [str(run["bizdate"]) for run in runs]
        for day in self._dates.keys() - set(days):
            self._bars.remove_task(self._dates.pop(day))
        for day, run in zip(days, runs, strict=True):
            if day not in self._dates:
                self._dates[day] = self._bars.add_task("", total=None, said="")
            self._put(self._dates[day], f"  {day}", run, _said(run))

    def _put(self, bar: TaskID, name: str, counted: View, said: str) -> None:
        at = Progress.of(counted["counts"])
        done, total = (at.done, at.total) if at.total else (1, 1)
        self._bars.update(bar, description=name, total=total, completed=done, said=said, visible=True)


def _said(counted: View) -> str:
    at = Progress.of(counted["counts"])
    failed = f" {at.failed:,} failed" if at.failed else ""
    return f"{at.percent} {at.done:,}/{at.total:,} {at.running:,} running{failed}"
