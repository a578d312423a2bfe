"""One task of a document, with the defaults of its project applied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backfilld.catalog.cron import NEVER, Cron, parse_cron
from backfilld.catalog.expressions import expressions_in_command
from backfilld.catalog.fields import (
    LARGEST_ID,
    Reader,
    Refused,
    Section,
    choice,
    duration,
    exit_codes,
    name,
    number,
    optional,
    scalar_text,
    size,
    text,
    truth,
    whole,
)
from backfilld.catalog.ids import hashed_id
from backfilld.catalog.models import Action, Clock, Command, Project, PythonCallable, Task, Virtual, Workflow
from backfilld.catalog.parameters import read_parameters
from backfilld.catalog.run_policies import KEY, read_run_policy
from backfilld.catalog.zones import known_zone, near_zones

MIDNIGHT = "0 0 * * *"
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_LONGEST_COMMAND = 100_000  # the kernel takes 131,072 bytes in one argument, which `sh -c` needs
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


def cron(value: object) -> Cron:
    """Five fields that match some day."""
    line = text(255)(value)
    try:
        found = parse_cron(line)
    except ValueError as error:
        raise Refused(str(error)) from None
    if not found.fires():
        raise Refused(NEVER)
    return found


def zone(value: object) -> str:
    """The name of a time zone, as in `Europe/Berlin`."""
    if isinstance(value, str) and known_zone(value):
        return value
    raise Refused(f"a time zone such as Europe/Berlin or UTC{near_zones(value) if isinstance(value, str) else ''}")


def cwd(value: object) -> str:
    """An absolute folder."""
    path = text(4_096)(value)
    if not path.startswith("/"):
        raise Refused("an absolute path")
    return path


SETTINGS: Mapping[str, Reader[Any]] = {
    "cron": cron,
    "timezone": zone,
    "retries": whole(0, 100),
    "retry_delay": duration(0 * _SECOND, 7 * _DAY),
    "retry_backoff": number(1, 10),
    "timeout": optional(duration(_SECOND, 30 * _DAY)),
    "kill_grace": duration(0 * _SECOND, timedelta(hours=1)),
    "max_active": optional(whole(1, 1_000_000)),
    "resource_group": name,
    "priority": optional(whole(1, 11)),
    "recurrence": choice("Normal", "Pause", "Skip"),
    "smoke_test": truth,
    "on_lost": choice("stop", "retry"),
    "skip_exit_codes": exit_codes,
    "no_retry_exit_codes": exit_codes,
    "cwd": optional(cwd),
    "log_limit": size(4_096, 2**40),
    "owner": optional(text(255)),
}
"""What a task may set, and `defaults` may set for all tasks of a project."""

OF_SCHEDULED = {
    "cron": "they run when they are asked to, and have no cycles of their own",
    "smoke_test": "type SmokeTest runs tasks of Scheduled workflows",
}
"""What only a task of a Scheduled workflow may set, and why."""
_OF_DEFAULTS = (*SETTINGS, KEY, "parameters", "tags")
_OF_TASKS = ("task", "id", "command", "python", "virtual", "depends_on", "description", *_OF_DEFAULTS)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a project sets for its tasks; its parameters are a layer of their own."""

    settings: Mapping[str, Any]
    tags: Mapping[str, str]
    parameters: Mapping[str, str]


def read_defaults(section: Section) -> Defaults:
    """The `defaults` of a project."""
    section.allow_only(_OF_DEFAULTS)
    return Defaults(_settings(section), tags(section), parameters(section))


def read_task(section: Section, project: Project, workflow: Workflow, defaults: Defaults) -> Task | None:
    """A task without its dependencies; None when not even its name can be read."""
    section.allow_only(_OF_TASKS)
    task_name = section.needed("task", name)
    own = parameters(section)
    action = _action(section, frozenset().union(defaults.parameters, workflow.parameters, own))
    if task_name is None:
        return None
    settings = {"owner": workflow.owner, **_given(defaults.settings, workflow), **_settings(section)}
    _refuse_both_meanings(section, settings)
    _refuse_of_scheduled(section, workflow)
    clock = Clock(
        settings.pop("cron", parse_cron(MIDNIGHT)),
        settings.pop("timezone", project.timezone),
        project.business_date_offset,
    )
    return Task(
        id=section.take("id", whole(1, LARGEST_ID), hashed_id(project.name, workflow.name, task_name)),
        name=task_name,
        workflow_id=workflow.id,
        project_id=project.id,
        clock=clock,
        action=action,
        parameters=own,
        tags={**defaults.tags, **tags(section)},
        description=section.take("description", optional(text()), None),
        **settings,
    )


def parameters(section: Section) -> dict[str, str]:
    """The `parameters` of a section, checked."""
    if "parameters" not in section:
        return {}
    found, faults = read_parameters(section.values["parameters"])
    for fault in faults:
        section.accuse(("parameters", fault.path) if fault.path else ("parameters",), fault.given, fault.allowed)
    return found


def tags(section: Section) -> dict[str, str]:
    """The `tags` of a section: texts by text."""
    inner = section.section("tags")
    return {key: inner.take(key, scalar_text, "") for key in inner.values}


def _settings(section: Section) -> dict[str, Any]:
    missing = object()
    found = {key: section.take(key, reader, missing) for key, reader in SETTINGS.items()}
    if KEY in section:
        found[KEY] = read_run_policy(section)
    return {key: value for key, value in found.items() if value is not missing}


def _given(settings: Mapping[str, Any], workflow: Workflow) -> dict[str, Any]:
    """The defaults, less what is not theirs, and less the owner where the workflow, which is nearer, names one."""
    others = {"owner"} if workflow.owner is not None else set()
    if workflow.type != "Scheduled":
        others |= OF_SCHEDULED.keys()
    return {key: value for key, value in settings.items() if key not in others}


def _refuse_both_meanings(section: Section, settings: Mapping[str, Any]) -> None:
    both = settings.get("skip_exit_codes", frozenset()) & settings.get("no_retry_exit_codes", frozenset())
    if both:
        codes = ", ".join(map(str, sorted(both)))
        key = "no_retry_exit_codes" if "no_retry_exit_codes" in section else "skip_exit_codes"
        section.refuse(key, "a code in skip_exit_codes or in no_retry_exit_codes, not in both", codes)


def _refuse_of_scheduled(section: Section, workflow: Workflow) -> None:
    for key, why in OF_SCHEDULED.items() if workflow.type != "Scheduled" else ():
        if key in section:
            section.refuse(key, f"no `{key}` on a task of a {workflow.type} workflow: {why}")


def _action(section: Section, names: frozenset[str]) -> Action:
    given = [key for key in ("command", "python", "virtual") if key in section]
    if len(given) != 1:
        where = given[-1] if given else "command"
        section.refuse(where, "exactly one of command, python, virtual", " and ".join(given) or "nothing")
    if "python" in given:
        return PythonCallable(section.take("python", _target, ""))
    if "virtual" in given:
        section.take("virtual", _true, default=True)
        return Virtual()
    command = section.take("command", text(_LONGEST_COMMAND), "")
    for expression in dict.fromkeys(expressions_in_command(command, names)):
        line = f'parameters: {{my_value: "{expression}"}}'
        section.refuse("command", f'"$my_value" in the command, and beside it the line {line}', expression)
    return Command(command)


def _target(value: object) -> str:
    if isinstance(value, str) and _TARGET.fullmatch(value):
        return value
    raise Refused("module:function, such as flights.report:scorecard")


def _true(value: object) -> bool:
    if value is True:
        return True
    raise Refused("true, or leave it out")
