"""What a task finds in its environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from catalog.writing import catalog

from backfilld.catalog.environment import CLEAN, AttemptContext, task_environment
from backfilld.catalog.expressions import CycleContext

CATALOG = catalog("""
    project: shop
    id: 7
    workflows:
      - workflow: daily
        id: 70
        tasks: [{task: load/orders, id: 700, virtual: true}]
""")
[TASK] = CATALOG.tasks.values()
NIGHT = datetime(2024, 3, 10, 3, 0, tzinfo=ZoneInfo("America/New_York"))
CONTEXT = AttemptContext(
    backfill_id=5, run_id=6, attempt=2, environment="Dev", cycle=CycleContext(date(2024, 3, 9), NIGHT, 70, 700, 6291457)
)


def test_the_whole_environment() -> None:
    """Base, rendered parameters, the planned date and cycle, and the daemon's facts; nothing else."""
    found = task_environment(CATALOG, TASK, CONTEXT, {"day": "${yyyy-mm-dd}", "id": "$taskid"})
    key = found.pop("BACKFILL_KEY")
    assert len(key) == 36
    assert found == {
        **CLEAN,
        "day": "2024-03-09",
        "id": "6291457",
        "bizdate": "20240309",
        "cyctime": "20240310030000",
        "BACKFILL_PROJECT": "shop",
        "BACKFILL_PROJECT_ID": "7",
        "BACKFILL_WORKFLOW": "daily",
        "BACKFILL_WORKFLOW_ID": "70",
        "BACKFILL_TASK": "load/orders",
        "BACKFILL_TASK_ID": "700",
        "BACKFILL_ID": "5",
        "BACKFILL_RUN_ID": "6",
        "BACKFILL_INSTANCE_ID": "6291457",
        "BACKFILL_ATTEMPT": "2",
        "BACKFILL_BIZDATE": "2024-03-09",
        "BACKFILL_CYCLE_TIME": "2024-03-10T07:00:00Z",
        "BACKFILL_ENV": "Dev",
    }


def test_the_key_outlives_attempts_and_names_one_instance() -> None:
    """It is the same for a retry, and another for another instance, backfill or environment."""

    def key(context: AttemptContext) -> str:
        return task_environment(CATALOG, TASK, context, {})["BACKFILL_KEY"]

    others = [
        replace(CONTEXT, backfill_id=6),
        replace(CONTEXT, environment="Prod"),
        replace(CONTEXT, cycle=replace(CONTEXT.cycle, instance_id=6291458)),
        replace(CONTEXT, cycle=replace(CONTEXT.cycle, cycle_time=NIGHT.replace(hour=4))),
    ]
    assert key(replace(CONTEXT, attempt=3)) == key(CONTEXT)
    assert len({key(context) for context in [CONTEXT, *others]}) == 5


def test_nothing_overrides_the_planned_date() -> None:
    """Even parameters that went past the door cannot change what the ledger records."""
    found = task_environment(CATALOG, TASK, CONTEXT, {"bizdate": "$gmtdate", "BACKFILL_KEY": "mine"})
    assert found["bizdate"] == "20240309"
    assert found["BACKFILL_KEY"] != "mine"
