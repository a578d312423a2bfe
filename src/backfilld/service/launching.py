"""From an instance to a process: the command and the environment of an attempt (spec 2)."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from backfilld.catalog.cycles import zone_of
from backfilld.catalog.environment import TaskEnvironment
from backfilld.catalog.expressions import CycleContext
from backfilld.catalog.models import Action, Catalog, Command, PythonCallable, Task, Virtual
from backfilld.catalog.parameters import RequestParameters, effective_parameters
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import LaunchSpec
from backfilld.service.book import Entry

LATE = timedelta(minutes=5)
"""How long a claim waits for its host; after that it is refused there and claimed anew here."""
_PLAIN = re.compile(r"[A-Za-z0-9_@%+:,./ =-]+")
_SHELL_WORDS = frozenset(
    [
        "!",
        ".",
        ":",
        "alias",
        "bg",
        "break",
        "case",
        "cd",
        "command",
        "continue",
        "eval",
        "exec",
        "exit",
        "export",
        "fc",
        "fg",
        "for",
        "function",
        "getopts",
        "hash",
        "if",
        "jobs",
        "local",
        "read",
        "readonly",
        "return",
        "set",
        "shift",
        "time",
        "times",
        "trap",
        "type",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "until",
        "wait",
        "while",
        "{",
    ]
)
"""Words that mean something to the shell alone."""
_CALL = (
    "import sys; from importlib import import_module; from operator import attrgetter; sys.path.insert(0, ''); "
    "module, _, name = sys.argv[1].partition(':'); attrgetter(name)(import_module(module))()"
)


def command_of(action: Action) -> tuple[str, ...]:
    """The program and its arguments; a command without shell syntax is executed directly, any other by `/bin/sh -c`.

    >>> command_of(Command("make report"))
    ('make', 'report')
    >>> command_of(Command('echo "$bizdate"'))
    ('/bin/sh', '-c', 'echo "$bizdate"')
    """
    match action:
        case Command(text=text):
            words = text.split(" ") if _PLAIN.fullmatch(text) else []
            words = [word for word in words if word]
            plain = bool(words) and words[0] not in _SHELL_WORDS and "=" not in words[0]
            return tuple(words) if plain else ("/bin/sh", "-c", text)
        case PythonCallable(target=target):
            return (sys.executable, "-c", _CALL, target)
        case Virtual():
            return ()
        case _:
            assert_never(action)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What all attempts of a task share."""

    task: Task
    command: tuple[str, ...]
    environment: TaskEnvironment


class Launcher:
    """Launch specs of one backfill; what all attempts of a task share is worked out once."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._planned = [self._recipe(planned.task, entry.catalog) for planned in entry.plan.tasks]
        self._newer: dict[tuple[int, UUID], Recipe] = {}
        payload = entry.resolved.payload
        self._payload = None if payload is None else payload.encode()

    def spec(
        self, instance: InstanceId, attempt: int, name: str, now: datetime, catalog: Catalog | None = None
    ) -> LaunchSpec:
        """Everything that the host needs for one attempt, with the task as it is in `catalog`, None: as planned."""
        entry = self._entry
        position, ordinal = entry.position(instance)
        number = entry.plan.template(position).tasks[ordinal]
        recipe = self._planned[number] if catalog is None else self._of(catalog, number)
        cycle = self._cycle(recipe.task, position, ordinal, instance)
        return LaunchSpec(
            attempt=name,
            group=entry.plan.tasks[number].resource_group,
            command=recipe.command,
            environment=recipe.environment.of(cycle, split_id(instance)[0], attempt),
            cwd=recipe.task.cwd,
            log_limit=recipe.task.log_limit,
            not_after=now + LATE,
            payload=self._payload,
        )

    def _of(self, catalog: Catalog, number: int) -> Recipe:
        key = number, catalog.version
        if key not in self._newer:
            task = self._entry.plan.tasks[number].task
            self._newer[key] = self._recipe(catalog.tasks[task.id], catalog)
        return self._newer[key]

    def _recipe(self, task: Task, catalog: Catalog) -> Recipe:
        resolved, stored = self._entry.resolved, self._entry.stored
        asked = RequestParameters(
            workflow=resolved.workflow_parameters if task.workflow_id == resolved.workflow_id else {},
            payload=resolved.payload_parameters,
            task=resolved.task_parameters.get(task.id, {}),
        )
        parameters = effective_parameters(catalog, task, resolved.environment, asked)
        environment = TaskEnvironment(catalog, task, stored.id, environment=resolved.environment, parameters=parameters)
        return Recipe(task, command_of(task.action), environment)

    def _cycle(self, task: Task, position: int, ordinal: int, instance: InstanceId) -> CycleContext:
        plan = self._entry.plan
        return CycleContext(
            business_date=plan.dates[position],
            cycle_time=plan.cycle_time(position, ordinal).astimezone(zone_of(task.clock.zone)),
            workflow_id=task.workflow_id,
            task_id=task.id,
            instance_id=instance,
        )
