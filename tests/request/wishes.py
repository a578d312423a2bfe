"""Good requests of every kind, at random, against the catalog of `asking`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

DAYS = st.dates(date(1970, 1, 1), date(2189, 12, 31))
TASKS = st.sampled_from(
    [
        1,
        "1",
        2,
        3,
        "4",
        5,
        21,
        "extract",
        "clean/v2",
        {"task": "extract"},
        {"workflow": "weekly", "task": "load"},
        {"project": "finance", "workflow": "rates", "task": "feed"},
        {"project": 200, "workflow": 2001, "task": 21},
    ]
)
ROOTS = st.sampled_from([1, "2", 5, "extract", "report", {"workflow": 1002, "task": "load"}])
PROJECTS = st.sampled_from([100, "100", "flights", "finance", 200])
TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
VALUES = st.from_regex(r"[a-z0-9./]{1,8}", fullmatch=True) | st.integers(-5, 10**12)


@st.composite
def ranges(draw: st.DrawFn) -> dict[str, Any]:
    """Up to seven ranges that together stay within the dates of a request; often a window."""
    starts = draw(st.lists(DAYS, min_size=1, max_size=7))
    ends = [start + timedelta(days=draw(st.integers(0, 3000))) for start in starts]
    found = [{"start_biz_date": str(a), "end_biz_date": str(b)} for a, b in zip(starts, ends, strict=True)]
    window = sorted(draw(st.lists(st.times().map(lambda t: t.strftime("%H:%M:%S")), min_size=2, max_size=2)))
    both = {"start_time": window[0], "end_time": window[1]}
    if draw(st.booleans()):
        found[0] = {"start_biz_date": draw(st.sampled_from(["-7d", "-2w"])), "end_biz_date": "today"}
    return {"biz_dates": found, **draw(st.sampled_from([{}, both]))}


@st.composite
def modes(draw: st.DrawFn) -> dict[str, Any]:
    """A mode with what it may name."""
    some = st.lists(TASKS, max_size=4)
    match mode := draw(st.sampled_from([None, "General", "ManualSelection", "Chain", "AllDownstream"])):
        case "Chain":
            found: dict[str, Any] = {"include_task_ids": draw(st.lists(TASKS, min_size=2, max_size=2))}
        case "AllDownstream":
            projects = {"include_project_ids": draw(st.lists(PROJECTS, max_size=2))}
            found = {"root_task_ids": [draw(ROOTS)], "include_task_ids": draw(some), **projects}
        case "General":
            found = {"root_task_ids": [draw(ROOTS)], "include_task_ids": draw(some)}
        case _:
            found = {"root_task_ids": draw(st.lists(ROOTS, min_size=1, max_size=4)), "include_task_ids": draw(some)}
    return {**found, **({"mode": mode} if mode else {}), "exclude_task_ids": draw(some)}


CLOCK = st.times().map(lambda t: t.strftime("%H:%M:%S"))
POLICIES = st.fixed_dictionaries(
    {"type": st.sampled_from(["Daily", "Weekend"]), "start_time": CLOCK, "end_time": CLOCK},
    optional={"immediately": st.sampled_from([True, "False"])},
).filter(lambda policy: policy["start_time"] != policy["end_time"])
RUNS = st.fixed_dictionaries(
    {},
    optional={
        "parallelism": st.integers(1, 10),
        "order": st.sampled_from(["Asc", "Desc"]),
        "priority": st.integers(1, 11),
        "priority_weight_strategy": st.sampled_from(["Disable", "Upstream"]),
        "runtime_resource": st.sampled_from(["default", "heavy"]),
        "run_policy": POLICIES,
        "alert": st.fixed_dictionaries(
            {
                "type": st.sampled_from(["Success", "Failure", "SuccessFailure"]),
                "notice_type": st.sampled_from(["Sms", "Mail", "SmsMail", "on call"]),
            }
        ),
        "analysis": st.fixed_dictionaries({"enabled": st.sampled_from(["True", False]), "blocked": st.booleans()}),
    },
)
FIELDS = st.fixed_dictionaries(
    {"name": TEXT, "project_id": st.sampled_from([100, "100", "flights"]), "type": st.just("SupplementData")},
    optional={
        "env_type": st.sampled_from(["Prod", "Dev"]),
        "task_parameters": st.dictionaries(
            st.sampled_from(["1", "clean/v2"]), st.fixed_dictionaries({"schema": VALUES})
        ),
        "auto_start_enabled": st.sampled_from([True, "true", "True"]),
        "comment": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30),
        "tags": st.lists(
            st.fixed_dictionaries({"key": TEXT, "value": TEXT}), max_size=3, unique_by=lambda tag: tag["key"]
        ),
        "tag_creation_policy": st.sampled_from(["Append", "Overwrite"]),
        "on_failure": st.sampled_from([None, "Continue", "Hold"]),
        "payload": st.none() | st.fixed_dictionaries({"schema": VALUES, "rows": st.lists(st.floats(0, 1), max_size=3)}),
        "expect_plan": st.from_regex(r"[0-9a-f]{12,64}", fullmatch=True),
    },
)
OF_DATES = st.fixed_dictionaries(
    {},
    optional={
        "reprocess": st.sampled_from(["All", "Failed", "Missing"]),
        "on_conflict": st.sampled_from(["Queue", "Skip", "Reject"]),
        "calendar": st.sampled_from([None, "DE", "our bank"]),
    },
)
IN_A_WORKFLOW = st.fixed_dictionaries(
    {"workflow_id": st.sampled_from(["daily", 1001, "1001"])},
    optional={
        "workflow_parameters": st.sampled_from(["schema=a region='b c'", '{"schema": "x"}'])
        | st.fixed_dictionaries({}, optional={"schema": VALUES, "region": VALUES}),
    },
)
ANYWHERE = st.sampled_from([{}, {"workflow_id": 1}, {"workflow_id": "1"}, {"workflow_id": None}])


AT_ONCE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("ManualWorkflow", {"workflow_id": "repair"}, {}),
    (
        "ManualWorkflow",
        {"workflow_id": 1003, "workflow_parameters": "scope=a title=b"},
        {"root_task_ids": ["mend", 34]},
    ),
    ("ManualWorkflow", {"workflow_id": "1003"}, {"exclude_task_ids": ["find"]}),
    ("TriggerWorkflow", {"workflow_id": "pushed", "workflow_parameters": {"target": 5}}, {"include_task_ids": [52]}),
    ("TriggerWorkflow", {"workflow_id": 1005, "task_parameters": '{"receive": "source=x"}'}, {}),
    ("Manual", {}, {"root_task_ids": [{"workflow": "rescue", "task": "recover"}, "report"]}),
    ("SmokeTest", {"workflow_id": "weekly"}, {"root_task_ids": ["report"]}),
    ("SmokeTest", {"env_type": "Dev"}, {"root_task_ids": ["extract", 4]}),
]
"""Types without dates, with where and what."""
YESTERDAY = {"start_biz_date": "yesterday", "end_biz_date": "yesterday"}


@st.composite
def at_once(draw: st.DrawFn) -> dict[str, Any]:
    """A request of one of the other types, on a date or on none."""
    kind, where, run = draw(st.sampled_from(AT_ONCE))
    day = str(draw(DAYS))
    one = st.sampled_from([YESTERDAY, {"start_biz_date": day, "end_biz_date": day}])
    when = draw(st.sampled_from([{}, {"periods": {"biz_dates": [draw(one)]}}]))
    fields = draw(FIELDS)
    fields.pop("task_parameters", None)
    return {**fields, **when, "type": kind, **where, "default_run_properties": {**run, **draw(RUNS)}}


def wishes() -> st.SearchStrategy[dict[str, Any]]:
    """A request that has nothing wrong with it, in snake_case, as JSON would write it."""
    return dated() | dated() | at_once()


@st.composite
def dated(draw: st.DrawFn) -> dict[str, Any]:
    """A request of type SupplementData."""
    run = {**draw(modes()), **draw(RUNS)}
    where = draw(ANYWHERE)
    if draw(st.booleans()):
        run["root_task_ids"] = ["extract"] if run.get("mode") != "Chain" else []
        where = draw(IN_A_WORKFLOW)
    return {**draw(FIELDS), **draw(OF_DATES), **where, "periods": draw(ranges()), "default_run_properties": run}
