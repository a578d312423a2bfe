"""What became of cycles as people see it: a strip of characters a task, one a date, or a longer stretch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rich.text import Text

from backfilld.interfaces.cli.client import View
from backfilld.interfaces.cli.legible import one_line

LOOKS: Mapping[str, tuple[str, str, str]] = {
    "failed": ("x", "bold red", "failed"),
    "lost": ("?", "bold magenta", "lost"),
    "never_run": (".", "bold yellow", "never run"),
    "running": (">", "bold cyan", "running"),
    "stale": ("~", "yellow", "stale"),
    "not_due": ("-", "dim", "not due"),
    "succeeded": ("#", "green", "ok"),
}
"""Of each status its character, its colour and its word; the worst first."""
_RANK = {status: rank for rank, status in enumerate(LOOKS)}
MOST_IN_A_PIPE = 366
GAP = 2
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Unit:
    """What one character stands for: its word, the first date of the stretch that a date is in, and the label there."""

    word: str
    begin: Callable[[date], date]
    label: Callable[[date], str]


def _month_label(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}" if day.month == 1 else _MONTHS[day.month - 1]


def _year_label(day: date) -> str:
    return str(day.year)


UNITS = (
    Unit("date", lambda day: day, _month_label),
    Unit("week", lambda day: day - timedelta(days=day.weekday()), _month_label),
    Unit("month", lambda day: day.replace(day=1), _year_label),
    Unit("year", lambda day: day.replace(day=1, month=1), _year_label),
    Unit("decade", lambda day: date(day.year // 10 * 10, 1, 1), _year_label),
)


def strips(ledger: View, width: int) -> Iterator[Text]:
    """The lines: a header with months, then name, strip and counts of each task, then what the characters mean.

    A character is a date or, where those are more than fit into `width`, a week, month, year or decade; the worst that
    became of a cycle in it.
    """
    items = ledger["items"]
    margin = min(max((len(one_line(item["task"])) for item in items), default=0), width // 3) + GAP
    unit, columns = _columns(ledger, min(width - margin, MOST_IN_A_PIPE))
    yield Text(f"a character is a {unit.word}, with the worst that became of a cycle in it", style="dim")
    yield Text(" " * margin + _header(unit, columns), style="bold")
    counts = [told(item["counts"]) for item in items]
    beside = margin + len(columns) + GAP + max(map(len, counts), default=0) <= width
    for item, told_counts in zip(items, counts, strict=True):
        line = Text(_cut(one_line(item["task"]), margin - GAP).ljust(margin))
        line.append_text(_strip(item["cycles"], unit, columns))
        yield line.append(f"{'  ' if beside else chr(10) + ' ' * margin}{told_counts}")
    yield _legend(items)


def told(counts: Mapping[str, int]) -> str:
    """How many cycles became what, in words.

    >>> told({"never_run": 6, "succeeded": 23, "failed": 2})
    '23 ok, 2 failed, 6 never run'
    >>> told({})
    'no cycles'
    """
    order = ["succeeded", *(status for status in LOOKS if status != "succeeded")]
    return ", ".join(f"{counts[each]:,} {LOOKS[each][2]}" for each in order if counts.get(each)) or "no cycles"


def _columns(ledger: View, room: int) -> tuple[Unit, Sequence[date]]:
    """The finest unit of which all stretches fit, and the first date of each."""
    first, last = (date.fromisoformat(ledger[f"{end}_biz_date"]) for end in ("start", "end"))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for unit in UNITS:
        columns = list(dict.fromkeys(map(unit.begin, days)))
        if len(columns) <= room:
            break
    return unit, columns


def _header(unit: Unit, columns: Iterable[date]) -> str:
    """Labels where they change, those left out that would run into the one before."""
    line, last = "", ""
    for number, day in enumerate(columns):
        label = unit.label(day)
        if label != last and (not line or len(line) < number):
            line = line.ljust(number) + label
        last = label
    return line


def _strip(cycles: Iterable[View], unit: Unit, columns: Sequence[date]) -> Text:
    worst: dict[date, str] = {}
    for cycle in cycles:
        begin = unit.begin(date.fromisoformat(cycle["bizdate"]))
        worst[begin] = min(worst.get(begin, cycle["status"]), cycle["status"], key=_RANK.__getitem__)
    strip = Text()
    for begin in columns:
        character, style, _ = LOOKS[worst[begin]] if begin in worst else (" ", "", "")
        strip.append(character, style)
    return strip


def _legend(items: Iterable[View]) -> Text:
    """The characters that occur."""
    seen = {status for item in items for status in item["counts"]}
    legend = Text()
    for status, (character, style, word) in LOOKS.items():
        if status in seen:
            legend.append(character, style).append(f" {word}   ")
    legend.rstrip()
    return legend


def _cut(name: str, room: int) -> str:
    return name if len(name) <= room else name[: max(room - 1, 0)] + "…"
