"""Where each setting comes from, for who wonders why the daemon does what it does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

from backfilld.catalog.fields import duration_text
from backfilld.config.addresses import HIDDEN, without_password
from backfilld.config.settings import SYSTEM_FILE, Settings, load_settings
from backfilld.config.sources import CREDENTIALS, read_credential

_TABLE = re.compile(r"\[+([^\[\]]+)\]+")
_KEY = re.compile(r"([^=#\[]+?)\s*=")
_PREFIX = "BACKFILLD_"
_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting by its path, its value as JSON has it, without secrets, and who said so."""

    setting: str
    value: object
    source: str


def shown_settings(file: Path | None, command_line: Mapping[str, Any]) -> list[Shown]:
    """Every setting as the daemon would take it; raises `InvalidSettings`."""
    settings = load_settings(file, **command_line)
    sources = _Sources(file or SYSTEM_FILE, command_line)
    return [Shown(".".join(path), _plain(path, value), sources.of(path)) for path, value in _leaves(settings)]


class _Sources:
    """What each source says, the nearest to the user first."""

    def __init__(self, file: Path, command_line: Mapping[str, Any]) -> None:
        self._file, self._command_line = file, command_line
        self._environment = EnvSettingsSource(Settings)()
        self._credentials = {name for name in Settings.credentials if read_credential(name)}
        self._said = TomlConfigSettingsSource(Settings, file)()
        self._lines = _lines(file.read_text()) if file.is_file() else {}

    def of(self, path: _Path) -> str:
        """Who has said this setting."""
        if path[0] in self._command_line:
            return "command line"
        if _says(self._environment, path):
            return self._variable(path)
        if path[0] in self._credentials:
            return f"${CREDENTIALS}/{path[0]}"
        if _says(self._said, path):
            return f"{self._file}{self._line(path)}"
        return "default"

    def _variable(self, path: _Path) -> str:
        """The variable of this setting, or the one of a whole table of settings."""
        given = {name.upper() for name in os.environ}
        names = [_PREFIX + "__".join(path[:length]).upper() for length in range(len(path), 0, -1)]
        return next((name for name in names if name in given), names[0])

    def _line(self, path: _Path) -> str:
        found = (self._lines.get(path[:length]) for length in range(len(path), 0, -1))
        return next((f":{line}" for line in found if line), "")


def _says(said: object, path: _Path) -> bool:
    """Whether there is something at the path, or in the place of a table that it lies in."""
    for step in path:
        if not isinstance(said, Mapping):
            return True
        if step not in said:
            return False
        said = said[step]
    return True


def _lines(text: str) -> dict[_Path, int]:
    """The line on which each key and table of a TOML file stands, as far as that is plain to see."""
    found: dict[_Path, int] = {}
    table: _Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line.strip()):
            table = _keys(header[1])
            found[table] = number
        elif key := _KEY.match(line.strip()):
            found.setdefault((*table, *_keys(key[1])), number)
    return found


def _keys(text: str) -> _Path:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


def _leaves(settings: Settings) -> Iterator[tuple[_Path, object]]:
    """Values by path; a table without entries is a value."""
    stack: list[tuple[_Path, object]] = [((), settings.model_dump())]
    while stack:
        path, value = stack.pop()
        if isinstance(value, Mapping) and (value or not path):
            stack += [((*path, name), value[name]) for name in reversed(value)]
        else:
            yield path, value


def _plain(path: _Path, value: object) -> object:
    match value:
        case SecretStr():
            return HIDDEN
        case timedelta():
            whole = not value % timedelta(seconds=1)
            return duration_text(value) if whole else f"{value // timedelta(milliseconds=1)} milliseconds"
        case Path():
            return str(value)
        case Enum():
            return value.value
        case set() | frozenset() | list() | tuple():
            return sorted(str(_plain(path, each)) for each in value)
        case str() if path == ("database",):
            return without_password(value)
    return value
