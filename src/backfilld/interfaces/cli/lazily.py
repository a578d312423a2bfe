"""Commands that are made when they are asked for: what one of them imports is nobody else's to wait for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

from backfilld.interfaces.cli.importing import importing
from backfilld.interfaces.cli.usage import Commands

ROOM = "backfilld.interfaces.cli"


class Lazily(MutableMapping[str, Any]):
    """Commands by name, in the order of the help; `where` says of each `module:function`, or a module's group."""

    def __init__(self, where: Mapping[str, str]) -> None:
        self._where = where
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(name, self._where[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._where, *self._made)))

    def __len__(self) -> int:
        return len(self._where.keys() | self._made.keys())


def lazy(where: Mapping[str, str]) -> type[Commands]:
    """A group of these commands."""

    class Group(Commands):
        """Loads a command when it is called, and all of them for the help."""

        def __init__(self, **attrs: Any) -> None:
            super().__init__(**{**attrs, "commands": {}})
            self.commands = Lazily(where)

        def list_commands(self, ctx: Any) -> list[str]:
            """Their names, in order; nothing is loaded for that."""
            return list(self.commands)

    return Group


def _command(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    with importing():
        found = getattr(import_module(f"{ROOM}.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        found.command(name)(function)
    command = get_command(found)
    command.name = name
    return command
