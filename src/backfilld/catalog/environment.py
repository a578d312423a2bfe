"""The environment of one attempt: the task's rendered parameters and what the daemon says about itself (spec 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from backfilld.catalog.expressions import CycleContext, parse
from backfilld.catalog.models import Catalog, Task
from backfilld.catalog.parameters import EnvType
from backfilld.dates import utc_text

CLEAN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""What every task starts with; nothing is inherited from the daemon. The host may add `HOME`, paths and secrets."""
_KEYS = UUID("5f0f3a0e-6d0b-5d0c-9a53-0c9b0a5b7d11")


@dataclass(frozen=True, slots=True)
class AttemptContext:
    """Which attempt of which instance, of which run of which backfill; `cycle.cycle_time` is in the task's zone."""

    backfill_id: int | str
    run_id: int | str
    attempt: int
    environment: EnvType
    cycle: CycleContext


def task_environment(
    catalog: Catalog,
    task: Task,
    context: AttemptContext,
    parameters: Mapping[str, str],
    base: Mapping[str, str] = CLEAN,
) -> dict[str, str]:
    """The whole environment of an attempt, less what only its host knows (log path, payload and output files, secrets).

    `parameters` are those of `effective_parameters`, rendered here for the cycle. Low to high: `base`, parameters,
    `bizdate` (yyyymmdd) and `cyctime` (yyyymmddhh24miss, in the task's zone), and `BACKFILL_*`:
    `PROJECT WORKFLOW TASK` (names) and the same with `_ID`, `ID` (the backfill), `RUN_ID`, `INSTANCE_ID`, `ATTEMPT`
    (1, 2, ...), `BIZDATE` (ISO), `CYCLE_TIME` (RFC 3339, UTC), `ENV` (Prod or Dev) and `KEY` (the same for every
    attempt of the instance, different for any other: for systems that take an idempotency key).
    """
    cycle = context.cycle
    return {
        **base,
        **{key: parse(value).render(cycle) for key, value in parameters.items()},
        "bizdate": parse("$bizdate").render(cycle),
        "cyctime": parse("$cyctime").render(cycle),
        **{f"BACKFILL_{key}": str(value) for key, value in _facts(catalog, task, context).items()},
    }


def attempt_key(context: AttemptContext) -> UUID:
    """What every attempt of an instance shares, and no other instance of any backfill has."""
    moment = utc_text(context.cycle.cycle_time)
    whose = (context.backfill_id, context.cycle.instance_id, context.cycle.task_id, moment, context.environment)
    return uuid5(_KEYS, "/".join(map(str, whose)))


def _facts(catalog: Catalog, task: Task, context: AttemptContext) -> dict[str, object]:
    return {
        "PROJECT": catalog.by_id[task.project_id].name,
        "PROJECT_ID": task.project_id,
        "WORKFLOW": catalog.workflows[task.workflow_id].name,
        "WORKFLOW_ID": task.workflow_id,
        "TASK": task.name,
        "TASK_ID": task.id,
        "ID": context.backfill_id,
        "RUN_ID": context.run_id,
        "INSTANCE_ID": context.cycle.instance_id,
        "ATTEMPT": context.attempt,
        "BIZDATE": context.cycle.business_date.isoformat(),
        "CYCLE_TIME": utc_text(context.cycle.cycle_time),
        "ENV": context.environment,
        "KEY": attempt_key(context),
    }
