"""Which run window each task of a plan has, and what the plan says of windows that are shut."""

from __future__ import annotations

from datetime import time

from drawing import NOON, draw

from backfilld.catalog.models import RunPolicy
from backfilld.planning.plan import Plan
from backfilld.planning.windows import RunWindow

NIGHTS = RunPolicy("Daily", time(22), time(6))
WEEKENDS = RunPolicy("Weekend", time(0), time(23, 59, 59))
DAYTIME = RunPolicy("Daily", time(8), time(20))


def windows(plan: Plan) -> dict[str, RunWindow | None]:
    return {task.name: task.window for task in plan.tasks}


def shut(plan: Plan) -> list[tuple[str, str]]:
    return [(each.subject, each.message) for each in plan.findings if each.code == "outside_window"]


def test_a_task_has_its_own_window_unless_the_request_has_one():
    """The request's policy beats the task's; without either a task may start at any time."""
    tasks = {"load": {"run_policy": WEEKENDS}}

    assert windows(draw("extract -> load", tasks=tasks)) == {"extract": None, "load": RunWindow.of(WEEKENDS, "UTC")}
    nights = RunWindow.of(NIGHTS, "UTC")
    assert windows(draw("extract -> load", tasks=tasks, policy=NIGHTS)) == {"extract": nights, "load": nights}


def test_a_window_is_no_part_of_the_hash():
    """What will run is the same; only when is not."""
    assert draw("extract", policy=NIGHTS).hash == draw("extract").hash


def test_a_window_that_is_shut_is_told_with_its_next_opening():
    """One finding a window, however many tasks have it; of an open one nothing is said."""
    tasks = {name: {"run_policy": NIGHTS} for name in "abcdefg"} | {"h": {"run_policy": DAYTIME}}
    plan = draw(" -> ".join("abcdefgh"), tasks=tasks)

    assert next(each for each in plan.tasks if each.name == "h").window.is_open(NOON)
    [(subject, message)] = shut(plan)
    assert subject == "a, b, c, d, e and 2 more"
    assert message == (
        "outside its run window (Daily 22:00:00 to 06:00:00, UTC) nothing starts: before 2024-03-01T22:00:00Z"
    )
