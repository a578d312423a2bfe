"""Reading one mapping of a document, key by key: what each field takes, and the fault when it is not given that."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from difflib import get_close_matches
from typing import TypeVar, cast

from backfilld.catalog.documents import Ambiguous, Document, Path, path_text, shown
from backfilld.errors import Fault

T = TypeVar("T")
W = TypeVar("W", bound=str)
Reader = Callable[[object], T]
LARGEST_ID = 2**63 - 1
LONGEST_NAME = 255
_DURATION = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?")
TIME_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
_TIME = re.compile(TIME_PATTERN)
ALIAS_PATTERN = "^(?![0-9]+$)[A-Za-z0-9_-]{1,64}$"
_ALIAS = re.compile(ALIAS_PATTERN)
_SIZE = re.compile(r"(\d{1,9})(KiB|MiB|GiB)")


class Refused(ValueError):
    """A reader's answer to a value that its field does not take; says what the field takes."""


@dataclass(frozen=True, slots=True)
class Section:
    """One mapping of a document; faults go to a list that all sections of a reading share."""

    document: Document
    path: Path
    values: Mapping[str, object]
    faults: list[Fault]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def take(self, key: str, reader: Reader[T], default: T) -> T:
        """The key's value as its reader gives it; the default where the key is left out or refused."""
        if key not in self.values:
            return default
        try:
            return reader(self.values[key])
        except Refused as refused:
            self.refuse(key, str(refused))
            return default

    def needed(self, key: str, reader: Reader[T]) -> T | None:
        """The key's value; left out is a fault too."""
        if key not in self.values:
            self.accuse((key,), "nothing", f"`{key}:` is needed here")
        return self.take(key, cast(Reader[T | None], reader), None)

    def refuse(self, key: str, allowed: str, given: str | None = None) -> None:
        """Add a fault: the key's value is wrong."""
        self.accuse((key,), shown(self.values.get(key)) if given is None else given, allowed)

    def accuse(self, below: Path, given: str, allowed: str) -> None:
        """Add a fault: what stands at a path below this mapping is wrong."""
        path = (*self.path, *below)
        self.faults.append(Fault(path_text(path), given, allowed, self.document.place_of(path)))

    def allow_only(self, known: Collection[str], judged: Collection[str] = ()) -> None:
        """Every other key is a fault that names the nearest known one; `judged` are keys that have theirs already."""
        for key in self.values:
            if key not in known and key not in judged:
                self.refuse(key, f"one of the keys {' '.join(known)}{near(key, known)}", f"the key {key}")

    def section(self, key: str) -> Section:
        """The mapping under a key; an empty one where it is left out or no mapping."""
        values: Mapping[str, object] = self.take(key, mapping, {})
        return Section(self.document, (*self.path, key), values, self.faults)

    def items(self, key: str) -> Sequence[object]:
        """The list under a key; an empty one where it is left out or no list."""
        return self.take(key, sequence, [])

    def sections(self, key: str) -> Iterator[Section]:
        """The mappings of the list under a key."""
        for number, value in enumerate(self.items(key)):
            yield from section_of(self.document, (*self.path, key, number), value, self.faults)


def section_of(document: Document, path: Path, value: object, faults: list[Fault]) -> list[Section]:
    """The value as a section, or nothing and a fault."""
    try:
        return [Section(document, path, mapping(value), faults)]
    except Refused as refused:
        faults.append(Fault(path_text(path), shown(value), str(refused), document.place_of(path)))
        return []


def near(word: str, known: Collection[str]) -> str:
    """A hint to the nearest known words, or nothing; what is too long for a name is near to none.

    >>> near("comand", ["command", "cron"])
    '; did you mean command?'
    """
    found = get_close_matches(word, known, n=3, cutoff=0.7) if len(word) <= LONGEST_NAME else []
    return f"; did you mean {' or '.join(found)}?" if found else ""


def mapping(value: object) -> Mapping[str, object]:
    """Reads a mapping with text keys."""
    if not isinstance(value, Mapping):
        raise Refused("a mapping (`key: value`)")
    return value


def sequence(value: object) -> Sequence[object]:
    """Reads a list."""
    if not isinstance(value, list):
        raise Refused("a list")
    return value


def text(longest: int = 10_000) -> Reader[str]:
    """A text that is not empty; what YAML takes for something else asks to be quoted."""

    def read(value: object) -> str:
        if (
            isinstance(value, str)
            and not isinstance(value, Ambiguous)
            and 0 < len(value.strip()) <= len(value) <= longest
        ):
            return value
        raise Refused(f"a text of 1 to {longest:,} characters{_quote_it(value)}")

    return read


def name(value: object) -> str:
    """1 to 255 printable characters, never all digits, as those are an id."""
    if isinstance(value, str) and not isinstance(value, Ambiguous) and is_name(value):
        return value
    raise Refused(f"a name of 1 to 255 printable characters, not of digits alone{_quote_it(value)}")


def alias(value: object) -> str:
    """1 to 64 letters, digits, `_` and `-`, not of digits alone: what any vendor takes for a name."""
    if isinstance(value, str) and not isinstance(value, Ambiguous) and _ALIAS.fullmatch(value) and not value.isdigit():
        return value
    raise Refused(f"1 to 64 letters A-Z and a-z, digits, _ and -, not of digits alone{_quote_it(value)}")


def is_name(value: str) -> bool:
    """Whether a text can be a name."""
    return 1 <= len(value) <= LONGEST_NAME and value.isprintable() and not value.isspace() and not value.isdigit()


def whole(low: int, high: int) -> Reader[int]:
    """An integer within bounds, both included."""

    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        plainly = " (in plain decimal digits)" if isinstance(value, Ambiguous) else ""
        raise Refused(f"an integer from {low} to {high}{plainly}")

    return read


def number(low: float, high: float) -> Reader[float]:
    """A number within bounds, both included."""

    def read(value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise Refused(f"a number from {low:g} to {high:g}")

    return read


def choice(*words: W) -> Reader[W]:
    """Reads one of these words."""
    known = {str(word): word for word in words}

    def read(value: object) -> W:
        if isinstance(value, str) and value in known:
            return known[value]
        raise Refused(" or ".join(words))

    return read


def truth(value: object) -> bool:
    """Reads true or false."""
    if isinstance(value, bool):
        return value
    raise Refused("true or false")


def duration(low: timedelta, high: timedelta) -> Reader[timedelta]:
    """`30s`, `10m`, `1h30m`, `2d`, or whole seconds, within bounds."""

    def read(value: object) -> timedelta:
        found = seconds_of(value)
        if found is None or not low <= found <= high:
            raise Refused(
                f"a time from {duration_text(low)} to {duration_text(high)}, such as 30s, 10m, 1h30m, 2d, or seconds"
            )
        return found

    return read


def time_of_day(value: object) -> time:
    """Reads `"22:00:00"`: a time of day to the second, as text."""
    if not isinstance(value, str) or isinstance(value, Ambiguous) or not _TIME.fullmatch(value):
        raise Refused('a time "hh:mm:ss", quoted, from "00:00:00" to "23:59:59"')
    return time.fromisoformat(value)


def seconds_of(value: object) -> timedelta | None:
    """A duration, or None if it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return timedelta(seconds=value) if 0 <= value < 10**9 else None
    found = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def duration_text(length: timedelta) -> str:
    """A duration in the words that are read.

    >>> duration_text(timedelta(hours=1, minutes=30)), duration_text(timedelta(0))
    ('1h30m', '0s')
    """
    minutes, seconds = divmod(length.seconds, 60)
    parts = ((length.days, "d"), (minutes // 60, "h"), (minutes % 60, "m"), (seconds, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def size(low: int, high: int) -> Reader[int]:
    """Bytes: a whole number, or `512KiB`, `16MiB`, `1GiB`, within bounds."""
    units = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}

    def read(value: object) -> int:
        found = _SIZE.fullmatch(value) if isinstance(value, str) else None
        count = int(found[1]) * units[found[2]] if found else value
        if isinstance(count, int) and not isinstance(count, bool) and low <= count <= high:
            return count
        raise Refused(f"{low} to {high} bytes, such as 65536, 512KiB, 16MiB or 1GiB")

    return read


def exit_codes(value: object) -> frozenset[int]:
    """A list of exit codes; 0 is success and cannot mean anything else."""
    codes = value if isinstance(value, list) else [value]
    if all(isinstance(code, int) and not isinstance(code, bool) and 1 <= code <= 255 for code in codes):
        return frozenset(codes)
    raise Refused("a list of exit codes from 1 to 255")


def optional(reader: Reader[T]) -> Reader[T | None]:
    """What the reader takes, or null: none, whatever the defaults say."""
    return lambda value: None if value is None else reader(value)


def scalar_text(value: object) -> str:
    """A text, or a value whose text is certain: an integer or an ISO date."""
    if isinstance(value, str) and not isinstance(value, Ambiguous):
        return value
    if isinstance(value, int | date) and not isinstance(value, bool):
        return str(value)
    raise Refused(f"a text{_quote_it(value)}")


def _quote_it(value: object) -> str:
    if value is None or (isinstance(value, str | list | Mapping) and not isinstance(value, Ambiguous)):
        return ""
    return f'; quote it: "{shown(value)}"'
