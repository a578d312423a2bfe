"""DataWorks expressions in parameter values: `$bizdate`, `${yyyymmdd-1}`, `$[hh24-1/24]` (spec 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from backfilld.catalog.models import TaskId
from backfilld.dates import DAY, add_months, midnight

BUILTINS = ("bizdate", "cyctime", "gmtdate", "bizmonth", "jobid", "nodeid", "taskid")
_FURTHEST = 100_000  # days, 270 years: no allowed date then leaves the calendar
_PIECE = re.compile(r"\$\$|\$\{(?P<business>[^}]*)\}|\$\[(?P<cycle>[^]]*)\]|\$(?P<name>[A-Za-z_]\w*)|\$(?P<open>[{[])")
_DATE_TOKENS = re.compile(r"yyyy|yy|mm|dd")
_TIME_TOKENS = re.compile(r"yyyy|yy|mm|dd|hh24|mi|ss")
_SIGNED = r"(?P<shift>[+-]\d{1,7}(?:\*\d{1,7})?)"
_BUSINESS = re.compile(rf"(?P<format>.*?)(?:{_SIGNED})?")
_CYCLE = re.compile(rf"(?P<format>.*?)(?:{_SIGNED}(?P<unit>/24(?:/60)?)?)?")
_ADD_MONTHS = re.compile(r"add_months\((?P<format>[^,]*),\s*(?P<shift>[+-]?\d{1,7}(?:\*\d{1,7})?)\)")
_UNITS = {None: timedelta(days=1), "/24": timedelta(hours=1), "/24/60": timedelta(minutes=1)}
_ALLOWED = (
    f"{' '.join(f'${name}' for name in BUILTINS)} ${{bdp.system.bizdate}} ${{bdp.system.cyctime}}, "
    "${yyyymmdd-1} ${yyyymmdd-7*1} ${yyyymm-1} ${yyyy+1} (from the business date), "
    "$[yyyymmdd-1] $[hh24:mi:ss-1/24] $[mi-5/24/60] $[add_months(yyyymmdd,-1)] (from the cycle time); $$ is one $"
)


@dataclass(frozen=True, slots=True)
class CycleContext:
    """What an expression can know; `cycle_time` is aware, in the task's zone."""

    business_date: date
    cycle_time: datetime
    workflow_id: int
    task_id: TaskId
    instance_id: int | str


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in expression such as `$bizdate`, by its name."""

    name: str

    def render(self, cycle: CycleContext) -> str:
        """The value.

        `$bizmonth` is the month before the business date's when the cycle lies in that same month (else the business
        date's): the last month that had ended, as DataWorks says. `$gmtdate`, there the day of the run, is the cycle's
        day, so that a backfill gives what the nightly run gave. `$jobid` is the workflow's id, `$nodeid` the task's,
        `$taskid` the instance's.
        """
        match self.name:
            case "bizdate":
                return f"{cycle.business_date:%Y%m%d}"
            case "cyctime":
                return f"{cycle.cycle_time:%Y%m%d%H%M%S}"
            case "gmtdate":
                return f"{cycle.cycle_time:%Y%m%d}"
            case "bizmonth":
                return f"{_business_month(cycle):%Y%m}"
            case "jobid":
                return str(cycle.workflow_id)
            case "nodeid":
                return str(cycle.task_id)
            case _:
                return str(cycle.instance_id)


@dataclass(frozen=True, slots=True)
class BusinessDate:
    """`${format ± n}`: the business date, n of the format's finest unit away."""

    format: str
    days: int
    months: int

    def render(self, cycle: CycleContext) -> str:
        """The moved business date in this format."""
        day = add_months(cycle.business_date, self.months) + self.days * DAY
        return midnight(day).strftime(self.format)


@dataclass(frozen=True, slots=True)
class CycleTime:
    """`$[format ± n]`: the cycle time moved by months, by calendar days, or by elapsed hours and minutes."""

    format: str
    months: int = 0
    days: int = 0
    elapsed: timedelta = timedelta(0)

    def render(self, cycle: CycleContext) -> str:
        """The reading in this format. Days keep the time of day; hours are real ones, across clock changes too."""
        local = (cycle.cycle_time.astimezone(UTC) + self.elapsed).astimezone(cycle.cycle_time.tzinfo)
        day = add_months(local.date(), self.months) + self.days * DAY
        return datetime.combine(day, local.time(), tzinfo=UTC).strftime(self.format)


Part = str | Builtin | BusinessDate | CycleTime


@dataclass(frozen=True, slots=True)
class Expression:
    """A value's literal texts and expressions, in order."""

    parts: tuple[Part, ...]

    @property
    def is_constant(self) -> bool:
        """Whether it is the same for every cycle."""
        return all(isinstance(part, str) for part in self.parts)

    def render(self, cycle: CycleContext) -> str:
        """The whole text for one cycle."""
        return "".join(part if isinstance(part, str) else part.render(cycle) for part in self.parts)


@lru_cache(maxsize=10_000)
def parse(text: str) -> Expression:
    """Read a parameter's value; an expression that is none raises `ValueError` with what is allowed.

    Text around expressions is kept. `$$` is one dollar; a dollar before anything but a letter, `{` or `[` is itself.

    >>> cycle = CycleContext(date(2024, 3, 31), datetime(2024, 4, 1, 2, 30, tzinfo=UTC), 1001, 1, 7)
    >>> parse("dt=${yyyymmdd-1}/h=$[hh24-1/24], $5 or $$bizdate").render(cycle)
    'dt=20240330/h=01, $5 or $bizdate'
    """
    parts: list[Part] = []
    end = 0
    for found in _PIECE.finditer(text):
        parts += [text[end : found.start()], _part(found)]
        end = found.end()
    parts.append(text[end:])
    return Expression(tuple(part for part in parts if part != ""))


def expressions_in_command(command: str, names: frozenset[str]) -> list[str]:
    """What in a command is meant for DataWorks, not for the shell: `$bizdate`, `$cyctime` and `names` are variables.

    >>> expressions_in_command('load "$bizdate" ${yyyymmdd-1} ${limit-10} $[1+2] $gmtdate $(date)', frozenset())
    ['${yyyymmdd-1}', '$gmtdate']
    """
    variables = names | {"bizdate", "cyctime"}
    return [
        found[0]
        for found in _PIECE.finditer(command)
        if not variables & {found["name"], found["business"]} and _is_expression(found)
    ]


def _is_expression(found: re.Match[str]) -> bool:
    try:
        return not isinstance(_part(found), str)
    except ValueError:
        return False


def _part(found: re.Match[str]) -> Part:
    if found[0] == "$$":
        return "$"
    part: Part | None = None
    if found["business"] is not None:
        part = _business(found["business"])
    elif found["cycle"] is not None:
        part = _cycle(found["cycle"])
    elif found["name"] in BUILTINS:
        part = Builtin(found["name"])
    if part is None:
        raise ValueError(f"{_ALLOWED}; {found[0]} is none of them")
    return part


def _business(text: str) -> Part | None:
    if text in ("bdp.system.bizdate", "bdp.system.cyctime"):
        return Builtin(text.rpartition(".")[2])
    found = _BUSINESS.fullmatch(text)
    pattern = _format(found["format"], _DATE_TOKENS) if found else None
    if not found or pattern is None:
        return None
    shift = _product(found["shift"])
    if "%d" in pattern:
        return BusinessDate(pattern, shift, 0) if abs(shift) <= _FURTHEST else None
    months = shift if "%m" in pattern else shift * 12
    return BusinessDate(pattern, 0, months) if abs(months) <= _FURTHEST // 31 else None


def _cycle(text: str) -> CycleTime | None:
    if found := _ADD_MONTHS.fullmatch(text):
        pattern, months = _format(found["format"], _TIME_TOKENS), _product(found["shift"])
        return CycleTime(pattern, months=months) if pattern and abs(months) <= _FURTHEST // 31 else None
    found = _CYCLE.fullmatch(text)
    pattern = _format(found["format"], _TIME_TOKENS) if found else None
    if not found or pattern is None:
        return None
    shift = _product(found["shift"])
    if abs(shift) * _UNITS[found["unit"]] > _FURTHEST * DAY:
        return None
    if found["unit"] is None:
        return CycleTime(pattern, days=shift)
    return CycleTime(pattern, elapsed=shift * _UNITS[found["unit"]])


_STRFTIME = {"yyyy": "%Y", "yy": "%y", "mm": "%m", "dd": "%d", "hh24": "%H", "mi": "%M", "ss": "%S"}


def _format(text: str, tokens: re.Pattern[str]) -> str | None:
    """The format for `strftime`, or None: at least one token, and between them nothing but punctuation and space."""
    between = tokens.sub("", text)
    if between == text or "%" in text or any(character.isalnum() for character in between):
        return None
    if text.endswith(("+", "-")):  # a number was to follow
        return None
    return tokens.sub(lambda found: _STRFTIME[found[0]], text)


def _product(text: str | None) -> int:
    """`-7*2` as a number; None is 0."""
    first, _, second = (text or "0").partition("*")
    return int(first) * int(second or 1)


def _business_month(cycle: CycleContext) -> date:
    day = cycle.business_date
    return add_months(day, -1) if (day.year, day.month) == (cycle.cycle_time.year, cycle.cycle_time.month) else day
