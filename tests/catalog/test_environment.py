"""What a task finds in its environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from catalog.writing import catalog

from backfilld.catalog.environment import CLEAN, TaskEnvironment
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
CYCLE = CycleContext(date(2024, 3, 9), NIGHT, 70, 700, 6291457)


def environment(cycle: CycleContext = CYCLE, backfill: int = 5, attempt: int = 2, **parameters: str) -> dict[str, str]:
    return TaskEnvironment(CATALOG, TASK, backfill, environment="Dev", parameters=parameters).of(cycle, 6, attempt)


def test_the_whole_environment() -> None:
    """Base, rendered parameters, the planned date and cycle, and the daemon's facts; nothing else."""
    found = environment(day="${yyyy-mm-dd}", id="$taskid")
    key = found.pop("BACKFILL_KEY")
    assert len(key) == 32
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
    """It is the same for a retry, and another for another instance, cycle, backfill or environment."""
    others = [
        environment(backfill=6),
        TaskEnvironment(CATALOG, TASK, 5, environment="Prod", parameters={}).of(CYCLE, 6, 2),
        environment(replace(CYCLE, instance_id=6291458)),
        environment(replace(CYCLE, cycle_time=NIGHT.replace(hour=4))),
    ]
    keys = [found["BACKFILL_KEY"] for found in (environment(), *others)]
    assert environment(attempt=3)["BACKFILL_KEY"] == keys[0]
    assert len(set(keys)) == 5


def test_nothing_overrides_the_planned_date() -> None:
    """Even parameters that went past the door cannot change what the ledger records."""
    found = environment(bizdate="$gmtdate", BACKFILL_KEY="mine")
    assert found["bizdate"] == "20240309"
    assert found["BACKFILL_KEY"] != "mine"
