"""What is said about a plan: findings, why a task is in, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from planning.asking import catalog_of, codes, planned, resolved, waits_of
from planning.oracle import TaskSpec

from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan

MONDAY = date(2024, 1, 1)
TUESDAY = date(2024, 1, 2)
FLOW = [
    TaskSpec("a"),
    TaskSpec("b", needs=(("a", "same"),)),
    TaskSpec("c", needs=(("b", "same"),)),
    TaskSpec("d", needs=(("c", "same"),), project="q"),
]


def severities(plan: Plan) -> dict[str, str]:
    return {finding.code: finding.severity for finding in plan.findings}


def left_out(plan: Plan) -> dict[str, tuple[str, int]]:
    """Task -> why, and on how many dates."""
    names = {number: task.name for number, task in enumerate(FLOW, 1)}
    return {names[left.task]: (left.why, len(left.dates)) for left in plan.cycles_left_out()}


def whys(**fields: Any) -> dict[str, str]:
    return {task.name: task.why for task in planned(FLOW, MONDAY, **fields).tasks}


def test_a_plan_with_nothing_wrong_has_no_findings():
    """Silence means that all is well."""
    assert planned(FLOW[:3], MONDAY).findings == ()


def test_nothing_selected_is_an_error():
    """Excluding all that was selected leaves no plan, and only one finding says so."""
    plan = planned(FLOW, MONDAY, root_task_ids=["a"], exclude_task_ids=["a"])
    assert (plan.tasks, plan.size) == ((), 0)
    assert severities(plan) == {"nothing_selected": "error"}


@pytest.mark.parametrize(
    ("roots", "expected"),
    [
        (["sunday"], {"no_root_cycle": "error", "no_cycle": "warning"}),
        (["sunday", "daily"], {"no_cycle": "warning"}),
        (["daily"], {}),
    ],
)
def test_no_root_with_a_cycle_is_an_error(roots: list[str], expected: dict[str, str]):
    """One root or another task without any is a warning: it stays listed, with no instances."""
    plan = planned([TaskSpec("daily"), TaskSpec("sunday", "0 0 * * 0")], MONDAY, TUESDAY, root_task_ids=roots)
    assert severities(plan) == expected
    assert [task.name for task in plan.tasks if not task.instances] == [name for name in roots if name == "sunday"]


def test_downstream_cycles_do_not_save_a_root_without():
    """AllDownstream of a weekly root on other days: its daily downstream would run on nothing new."""
    tasks = [TaskSpec("sunday", "0 0 * * 0"), TaskSpec("daily", needs=(("sunday", "same"),))]
    plan = planned(tasks, MONDAY, mode="AllDownstream", root_task_ids=["sunday"])
    assert severities(plan) == {"no_root_cycle": "error", "no_cycle": "warning"}


def test_a_window_can_leave_no_root_a_cycle():
    """The window of the day counts: a root at 02:00 has no cycle between 10:00 and 11:00."""
    plan = planned([TaskSpec("t", "0 2 * * *")], MONDAY, start_time="10:00:00", end_time="11:00:00")
    assert codes(plan) == {"no_root_cycle": ["t"], "no_cycle": ["t"]}
    assert [(left.why, left.dates) for left in plan.cycles_left_out()] == [("window", (MONDAY,))]


def test_newest_first_with_edges_across_dates_is_an_error():
    """It names the task and both dates."""
    plan = planned([TaskSpec("t", needs=(("t", "previous"),))], MONDAY, TUESDAY, order="Desc")
    (finding,) = plan.findings
    assert (finding.code, finding.severity, finding.subject) == ("desc_cross_date", "error", "t")
    assert "2024-01-02" in finding.message
    assert "2024-01-01" in finding.message


def test_a_cycle_that_falls_into_another_date_is_dropped_with_a_finding():
    """Nuuk skipped the last hour of 30 March 2024: 23:30 would be the 31st. A moved cycle inside the date is kept."""
    nuuk = [TaskSpec("t", "30 23 * * *", zone="America/Nuuk")]
    plan = planned(nuuk, date(2024, 3, 29), date(2024, 3, 30))
    assert (plan.size, severities(plan)) == (1, {"cycle_dropped": "warning"})

    berlin = [TaskSpec("t", "30 2 * * *", zone="Europe/Berlin")]
    assert (planned(berlin, date(2024, 3, 31)).size, planned(berlin, date(2024, 3, 31)).findings) == (1, ())


def test_what_is_bridged_is_warned_about():
    """Downstream of it reads data that nobody refreshed; a task outside any bridge is not named."""
    plan = planned(FLOW, MONDAY, root_task_ids=["a", "c"])
    assert (severities(plan), codes(plan)) == ({"bridged": "warning"}, {"bridged": ["b"]})
    assert plan.bridged == {2}


def test_a_weekly_task_that_is_selected_is_named_but_not_warned_about():
    """A bridge passes through it on the dates where it has no cycle; its data is as fresh as it ever is."""
    tasks = [TaskSpec("a"), TaskSpec("w", "0 0 * * 0", (("a", "same"),)), TaskSpec("z", needs=(("w", "same"),))]
    plan = planned(tasks, MONDAY, date(2024, 1, 7))
    assert plan.bridged == {2}
    assert plan.findings == ()


def test_exclusions_and_parameters_without_effect():
    """What the request says of tasks that it does not run is worth a word."""
    plan = planned(FLOW, MONDAY, root_task_ids=["a"], exclude_task_ids=["c"])
    assert severities(plan) == {"exclusion_without_effect": "info"}


def test_errors_come_first():
    """Then warnings, then what is good to know."""
    tasks = [*FLOW[:3], TaskSpec("p", needs=(("p", "previous"),))]
    plan = planned(tasks, MONDAY, TUESDAY, root_task_ids=["a", "c", "p"], exclude_task_ids=["b"], order="Desc")
    assert [finding.severity for finding in plan.findings] == ["error", "warning", "info", "info"]


def test_why_a_task_is_in():
    """Root, included, downstream of X, on the path."""
    assert whys(mode="ManualSelection", root_task_ids=["a", "b"]) == {"a": "root", "b": "root"}
    assert whys(mode="General", root_task_ids=["a"], include_task_ids=["a", "c"]) == {"a": "root", "c": "included"}
    assert whys(mode="Chain", include_task_ids=["a", "c"]) == dict.fromkeys("abc", "on the path")
    assert whys(mode="AllDownstream", root_task_ids=["b"], include_task_ids=["a"]) == {
        "a": "included",
        "b": "root",
        "c": "downstream of b",
        "d": "downstream of b",
    }


def test_why_a_task_is_left_out():
    """An anchor, an exclusion, a project not wanted: named with all dates of the plan."""
    anchored = planned(FLOW, MONDAY, TUESDAY, mode="General", root_task_ids=["a"], include_task_ids=["c"])
    assert left_out(anchored) == {"a": ("anchor", 2)}
    narrowed = planned(
        FLOW, MONDAY, mode="AllDownstream", root_task_ids=["a"], exclude_task_ids=["b"], exclude_project_ids=["q"]
    )
    assert left_out(narrowed) == {"b": ("excluded", 1), "d": ("project left out", 1)}


def test_a_window_says_on_which_dates_it_leaves_out_cycles():
    """Only where it does: an hourly task every day, a weekly one on its day, a daily one inside the window never."""
    tasks = [TaskSpec("hourly", "0 * * * *"), TaskSpec("sunday", "0 3 * * 0"), TaskSpec("noon", "0 12 * * *")]
    plan = planned(tasks, date(2024, 1, 5), date(2024, 1, 7), start_time="12:00:00", end_time="13:00:00")
    found = {left.task: (left.why, [day.day for day in left.dates]) for left in plan.cycles_left_out()}
    assert found == {1: ("window", [5, 6, 7]), 2: ("window", [7])}


PAUSED = [TaskSpec("a", recurrence="Pause"), TaskSpec("b", needs=(("a", "same"),), recurrence="Skip"), *FLOW[2:]]


def analysed(**fields: bool) -> Plan:
    """A plan with an error and a warning of the analysis, for a request that says so of its `analysis`."""
    catalog = catalog_of(PAUSED)
    ask = resolved(catalog, [(MONDAY, MONDAY)], mode="AllDownstream", root_task_ids=["a"])
    return make_plan(replace(ask, **fields), catalog)


def test_a_paused_task_stops_the_request():
    """Its instances would be held, and all below them wait: exclude it, or say that this is wanted."""
    (finding, *_) = analysed().findings
    assert (finding.code, finding.severity, finding.subject, finding.blocks) == ("paused_task", "error", "a", True)
    assert "exclude it, or set analysis.blocked to false" in finding.message


def test_an_analysis_that_does_not_block():
    """The same findings, as grave as before, and none stops the request."""
    plain, unblocked = analysed(), analysed(blocked=False)
    assert [(f.code, f.severity) for f in unblocked.findings] == [(f.code, f.severity) for f in plain.findings]
    assert not any(finding.blocks for finding in unblocked.findings)
    assert unblocked.hash == plain.hash


def test_without_analysis_only_what_always_counts_is_found():
    """What cannot run at all stops a request whatever `analysis` says."""
    assert analysed(analysed=False).findings == ()
    tasks = [TaskSpec("s", "0 0 * * 0", recurrence="Pause")]
    catalog = catalog_of(tasks)
    ask = replace(resolved(catalog, [(MONDAY, MONDAY)], root_task_ids=["s"]), analysed=False, blocked=False)
    found = make_plan(ask, catalog).findings
    assert [(finding.code, finding.blocks) for finding in found] == [("no_root_cycle", True), ("no_cycle", False)]


def test_what_is_skipped_is_left_out_bridged_and_says_so():
    """Recurrence Skip is the catalog's way to leave a task out: no instance, and its downstream waits over it."""
    plan = analysed()
    assert [task.name for task in plan.tasks] == ["a", "c", "d"]
    assert [(left.task, left.why) for left in plan.excluded] == [(2, "recurrence Skip")]
    (bridged,) = (finding for finding in plan.findings if finding.code == "bridged")
    assert (bridged.subject, bridged.severity) == ("b", "warning")
    assert bridged.message.startswith("has recurrence Skip:")
    assert plan.waits_for(0) == [[], [0], [1]]


def test_a_selection_of_nothing_but_skipped_tasks():
    """It leaves no plan."""
    plan = planned(PAUSED, MONDAY, root_task_ids=["b"])
    assert (plan.size, severities(plan)["nothing_selected"]) == (0, "error")


def test_a_task_beside_the_others_is_isolated():
    """Alone in a plan of several it may be a mistake; alone in a plan of one it is what was asked."""
    beside = [TaskSpec("a"), TaskSpec("b", needs=(("a", 2),)), TaskSpec("x", needs=(("x", "previous"),))]
    assert codes(planned(beside, MONDAY)) == {"isolated": ["x"]}
    assert codes(planned(beside, MONDAY, root_task_ids=["x"])) == {}


def test_an_edge_to_itself_over_a_bridge_joins_nothing_else():
    """The task waits for its own earlier cycle through one that is not selected: still it runs on its own."""
    ring = [TaskSpec("a", needs=(("x", "same"),)), TaskSpec("x", needs=(("a", "previous"),)), TaskSpec("z")]
    plan = planned(ring, MONDAY, TUESDAY, root_task_ids=["a", "z"])
    assert waits_of(plan, "a")["01-02T00:00"] == ["a@01-01T00:00"]
    assert codes(plan)["isolated"] == ["a", "z"]
