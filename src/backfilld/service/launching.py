"""From an instance to a process: the command and the environment of an attempt (spec 2)."""

from __future__ import annotations

import re
import sys
from datetime import datetime, timedelta
from typing import assert_never

from backfilld.catalog.cycles import zone_of
from backfilld.catalog.environment import TaskEnvironment
from backfilld.catalog.expressions import CycleContext
from backfilld.catalog.models import Action, Command, PythonCallable, Task, Virtual
from backfilld.catalog.parameters import RequestParameters, effective_parameters
from backfilld.planning.plan import InstanceId
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


class Launcher:
    """Launch specs of one backfill; what all attempts of a task share is worked out once."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._commands = [command_of(planned.task.action) for planned in entry.plan.tasks]
        self._environments = [self._environment_of(number) for number in range(len(entry.plan.tasks))]
        payload = entry.resolved.payload
        self._payload = None if payload is None else payload.encode()

    def spec(self, instance: InstanceId, attempt: int, name: str, now: datetime) -> LaunchSpec:
        """Everything that the host needs for one attempt."""
        entry = self._entry
        position, ordinal = entry.position(instance)
        number = entry.plan.template(position).tasks[ordinal]
        planned = entry.plan.tasks[number]
        cycle = self._cycle(planned.task, position, ordinal, instance)
        return LaunchSpec(
            attempt=name,
            group=planned.resource_group,
            command=self._commands[number],
            environment=self._environments[number].of(cycle, entry.stored.first_run + position, attempt),
            cwd=planned.task.cwd,
            log_limit=planned.task.log_limit,
            not_after=now + LATE,
            payload=self._payload,
        )

    def _environment_of(self, number: int) -> TaskEnvironment:
        entry, task = self._entry, self._entry.plan.tasks[number].task
        asked = RequestParameters(
            workflow=entry.resolved.workflow_parameters if task.workflow_id == entry.resolved.workflow_id else {},
            payload=entry.resolved.payload_parameters,
            task=entry.resolved.task_parameters.get(task.id, {}),
        )
        environment = entry.resolved.environment
        parameters = effective_parameters(entry.catalog, task, environment, asked)
        return TaskEnvironment(entry.catalog, task, entry.stored.id, environment=environment, parameters=parameters)

    def _cycle(self, task: Task, position: int, ordinal: int, instance: InstanceId) -> CycleContext:
        plan = self._entry.plan
        return CycleContext(
            business_date=plan.dates[position],
            cycle_time=plan.cycle_time(position, ordinal).astimezone(zone_of(task.clock.zone)),
            workflow_id=task.workflow_id,
            task_id=task.id,
            instance_id=instance,
        )
