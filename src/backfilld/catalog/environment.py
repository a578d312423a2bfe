"""The environment of one attempt: the task's rendered parameters and what the daemon says about itself (spec 2)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from backfilld.catalog.expressions import CycleContext, parse
from backfilld.catalog.models import Catalog, Task
from backfilld.catalog.parameters import EnvType
from backfilld.dates import utc_text

CLEAN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""What every task starts with; nothing is inherited from the daemon. The host may add `HOME`, paths and secrets."""


class TaskEnvironment:
    """The environment of a task's attempts in one backfill; what all of them share is worked out once."""

    def __init__(
        self, catalog: Catalog, task: Task, backfill_id: int, *, environment: EnvType, parameters: Mapping[str, str]
    ) -> None:
        """`parameters` are those of `effective_parameters`, not rendered yet."""
        expressions = {key: parse(value) for key, value in parameters.items()}
        self._rendered = {key: each for key, each in expressions.items() if not each.is_constant}
        self._whose = f"{backfill_id}/{task.id}/{environment}"
        self._fixed = {
            **CLEAN,
            **{key: "".join(map(str, each.parts)) for key, each in expressions.items() if each.is_constant},
            "BACKFILL_PROJECT": catalog.by_id[task.project_id].name,
            "BACKFILL_PROJECT_ID": str(task.project_id),
            "BACKFILL_WORKFLOW": catalog.workflows[task.workflow_id].name,
            "BACKFILL_WORKFLOW_ID": str(task.workflow_id),
            "BACKFILL_TASK": task.name,
            "BACKFILL_TASK_ID": str(task.id),
            "BACKFILL_ID": str(backfill_id),
            "BACKFILL_ENV": environment,
        }

    def of(self, cycle: CycleContext, run_id: int, attempt: int) -> dict[str, str]:
        """The whole environment of an attempt, less what only its host knows (log path, payload, output, secrets).

        Low to high: `CLEAN`, parameters, `bizdate` (yyyymmdd) and `cyctime` (yyyymmddhh24miss, in the task's zone),
        and `BACKFILL_*`: `PROJECT WORKFLOW TASK` (names) and the same with `_ID`, `ID` (the backfill), `RUN_ID`,
        `INSTANCE_ID`, `ATTEMPT` (1, 2, ...), `BIZDATE` (ISO), `CYCLE_TIME` (RFC 3339, UTC), `ENV` (Prod or Dev) and
        `KEY` (32 digits, the same for every attempt of the instance, others for any other: an idempotency key).
        """
        moment, day = utc_text(cycle.cycle_time), cycle.business_date.isoformat()
        return {
            **self._fixed,
            **{key: each.render(cycle) for key, each in self._rendered.items()},
            "bizdate": day.replace("-", ""),
            "cyctime": f"{cycle.cycle_time:%Y%m%d%H%M%S}",
            "BACKFILL_RUN_ID": str(run_id),
            "BACKFILL_INSTANCE_ID": str(cycle.instance_id),
            "BACKFILL_ATTEMPT": str(attempt),
            "BACKFILL_BIZDATE": day,
            "BACKFILL_CYCLE_TIME": moment,
            "BACKFILL_KEY": blake2b(f"{self._whose}/{cycle.instance_id}/{moment}".encode(), digest_size=16).hexdigest(),
        }
