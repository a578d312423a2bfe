"""The client's filter grammar: each rule as it was seen on the vendor's server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backfilld.interfaces.vendors.prefect.filters import Filters, FlowRunFilter, Listed
from backfilld.interfaces.vendors.prefect.flow_runs import FlowRun, Home, Maker
from backfilld.interfaces.vendors.prefect.history import Facts, by_itself
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of
from backfilld.interfaces.vendors.prefect.sorting import sort_key
from backfilld.interfaces.vendors.prefect.transitions import TYPES

T0 = datetime(2024, 5, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
MAKER = uuid5(id_of(Kind.FLOW, 1), "maker")
ANN = Maker(MAKER, "DEPLOYMENT", "ann")
HOME = Home(id_of(Kind.FLOW, 7), "shop", id_of(Kind.DEPLOYMENT, 70), "daily", ("team=ops",))
NOWHERE = Home(id_of(Kind.FLOW, 7), "shop")
STRANGER = UUID("00000000-0000-4000-8000-000000000001")


def run(number: int = 1, kind: Any = "COMPLETED", **more: Any) -> FlowRun:
    """A run that began an hour after it was made and ended another hour later."""
    own = id_of(Kind.FLOW_RUN, number)
    ends = {"start_time": T0 + HOUR, "end_time": T0 + 2 * HOUR}
    made = FlowRun(
        number=number,
        id=own,
        name="bf-2024-11-20",
        home=HOME,
        tags=("bf", "k=v"),
        parameters={},
        state=by_itself(own, Facts(kind, kind.capitalize(), T0, None)),
        created=T0,
        expected_start_time=T0,
        idempotency_key="key",
        work_queue_name=None,
        maker=ANN,
        said={},
        **ends,
    )
    return replace(made, **more)


def passes(flow_run: FlowRun, **asked: Any) -> bool:
    return FlowRunFilter.model_validate(asked).test()(flow_run)


NEVER_BEGAN = {"start_time": None, "end_time": None}
ASKED: Mapping[str, tuple[dict[str, Any], FlowRun, FlowRun]] = {
    "id any": ({"id": {"any_": [id_of(Kind.FLOW_RUN, 1)]}}, run(1), run(2)),
    "id not any": ({"id": {"not_any_": [id_of(Kind.FLOW_RUN, 2)]}}, run(1), run(2)),
    "id both": ({"id": {"any_": [id_of(Kind.FLOW_RUN, 1)], "not_any_": [STRANGER]}}, run(1), run(2)),
    "name any": ({"name": {"any_": ["x"]}}, run(name="x"), run(name="X")),
    "name like": ({"name": {"like_": "BF-%_4"}}, run(), run(name="of 2024")),
    "tags all": ({"tags": {"all_": ["bf", "k=v"]}}, run(), run(tags=("bf",))),
    "tags any": ({"tags": {"any_": ["bf", "x"]}}, run(), run(tags=("k=v",))),
    "tags none": ({"tags": {"is_null_": True}}, run(tags=()), run()),
    "tags some": ({"tags": {"is_null_": False}}, run(), run(tags=())),
    "deployment": ({"deployment_id": {"any_": [id_of(Kind.DEPLOYMENT, 70)]}}, run(), run(home=NOWHERE)),
    "no deployment": ({"deployment_id": {"is_null_": True}}, run(home=NOWHERE), run()),
    "queue": ({"work_queue_name": {"any_": ["q"]}}, run(work_queue_name="q"), run()),
    "no queue": ({"work_queue_name": {"is_null_": True}}, run(), run(work_queue_name="q")),
    "type": ({"state": {"type": {"any_": ["FAILED"]}}}, run(kind="FAILED"), run()),
    "not type": ({"state": {"type": {"not_any_": ["COMPLETED"]}}}, run(kind="FAILED"), run()),
    "type both": (
        {"state": {"type": {"any_": ["FAILED", "COMPLETED"], "not_any_": ["COMPLETED"]}}},
        run(kind="FAILED"),
        run(),
    ),
    "state name": ({"state": {"name": {"any_": ["Failed"]}}}, run(kind="FAILED"), run()),
    "state or": (
        {"state": {"operator": "or_", "type": {"any_": ["RUNNING"]}, "name": {"any_": ["Failed"]}}},
        run(kind="FAILED"),
        run(),
    ),
    "start before": ({"start_time": {"before_": T0 + HOUR}}, run(), run(start_time=T0 + 2 * HOUR)),
    "expected instead": ({"start_time": {"after_": T0 + HOUR}}, run(), run(**NEVER_BEGAN)),
    "never began": ({"start_time": {"is_null_": True}}, run(**NEVER_BEGAN), run()),
    "end after": ({"end_time": {"after_": T0 + 2 * HOUR}}, run(), run(**NEVER_BEGAN)),
    "has not ended": ({"end_time": {"is_null_": True}}, run(**NEVER_BEGAN), run()),
    "expected": ({"expected_start_time": {"before_": T0}}, run(), run(expected_start_time=T0 + HOUR)),
    "next": ({"next_scheduled_start_time": {"after_": T0}}, run(kind="SCHEDULED"), run()),
    "key": ({"idempotency_key": {"any_": ["key"]}}, run(), run(idempotency_key=None)),
    "not key": ({"idempotency_key": {"not_any_": ["other"]}}, run(), run(idempotency_key=None)),
    "asked by a task": (
        {"parent_task_run_id": {"any_": [STRANGER]}},
        run(said={"parent_task_run_id": str(STRANGER)}),
        run(),
    ),
    "asked by none": (
        {"parent_task_run_id": {"is_null_": True}},
        run(),
        run(said={"parent_task_run_id": str(STRANGER)}),
    ),
    "maker": ({"created_by": {"id_": [MAKER]}}, run(), run(maker=replace(ANN, id=STRANGER))),
    "maker's type": ({"created_by": {"type_": ["AUTOMATION"]}}, run(maker=replace(ANN, type="AUTOMATION")), run()),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_passes_one_and_not_the_other(name: str) -> None:
    """Each condition of the grammar lets a run pass, and keeps another one out."""
    asked, one, other = ASKED[name]

    assert passes(one, **asked)
    assert not passes(other, **asked)


@pytest.mark.parametrize("field", ["parent_flow_run_id", "flow_version"])
def test_what_no_run_has_is_found_on_none(field: str) -> None:
    """No run here has a parent or a version: whoever asks for one finds nothing."""
    value = STRANGER if field == "parent_flow_run_id" else "1"
    assert not passes(run(), **{field: {"any_": [value]}})


fields = st.sampled_from(["id", "name", "tags", "deployment_id", "idempotency_key"])


@given(fields)
def test_empty_lists(field: str) -> None:
    """`any_: []` lets nothing pass; `not_any_: []`, `all_: []` and an empty `like_` are not there; nor is nothing."""
    assert not passes(run(), **{field: {"any_": []}})
    assert passes(run(), **{field: {}})
    assert passes(run(idempotency_key=None), idempotency_key={"not_any_": []}, tags={"all_": []}, name={"like_": ""})


@given(st.lists(st.sampled_from(sorted(ASKED)), unique=True, max_size=4), st.sampled_from(["and_", "or_"]))
def test_the_operator_joins_what_is_asked(names: list[str], operator: str) -> None:
    """All of it has to hold, or one; of one respect that is asked twice the last word counts, and nothing is true."""
    asked: dict[str, Any] = {}
    for name in names:
        asked |= ASKED[name][0]
    for flow_run in (each for name in names for each in ASKED[name][1:]):
        single = [passes(flow_run, **{field: condition}) for field, condition in asked.items()]
        joined = all(single) if operator == "and_" else any(single) or not single
        assert passes(flow_run, operator=operator, **asked) == joined


@given(st.sets(st.sampled_from(TYPES)), st.sets(st.sampled_from(TYPES)), st.sampled_from(TYPES))
def test_both_lists_of_types_hold(wanted: set[str], unwanted: set[str], kind: str) -> None:
    """Where the vendor's server drops both, here both are held."""
    found = passes(run(kind=kind), state={"type": {"any_": sorted(wanted), "not_any_": sorted(unwanted)}})

    assert found == (kind in wanted and kind not in unwanted)


@pytest.mark.parametrize(
    "asked",
    [
        {"nobody": {}},
        {"id": {"operator": "or_"}},
        {"name": {"is_null_": True}},
        {"tags": {"not_any_": ["a"]}},
        {"state": {"type": {"any_": ["running"]}}},
        {"operator": "xor_"},
        {"id": {"any_": ["no id"]}},
    ],
)
def test_what_the_grammar_does_not_have_is_refused(asked: dict[str, Any]) -> None:
    """No condition is passed over in silence."""
    with pytest.raises(ValidationError):
        FlowRunFilter.model_validate(asked)


def test_other_filters_hold_too() -> None:
    """Runs are found by their flow and deployment as well; what there is not can only be asked nothing of."""
    flow_run = run()
    asked = {
        "flows": {"name": {"like_": "SHO"}, "id": {"any_": [str(flow_run.home.flow_id)]}, "tags": {"is_null_": True}},
        "deployments": {"operator": "or_", "name": {"any_": ["nobody"]}, "tags": {"all_": ["team=ops"]}},
        "task_runs": {"operator": "and_", "id": None},
        "work_pools": None,
    }

    assert Filters.model_validate(asked).test()(flow_run)
    assert not Filters.model_validate({"flows": {"name": {"any_": ["other"]}}}).test()(flow_run)
    assert not Filters.model_validate({"deployments": {"id": {"any_": []}}}).test()(flow_run)
    queue, slots = {"work_queue_name": {"any_": ["q"]}}, {"concurrency_limit": {"ge_": 1}}
    unlimited = {"work_queue_name": None, "concurrency_limit": {"is_null_": True}}
    assert not any(Filters.model_validate({"deployments": each}).test()(flow_run) for each in (queue, slots))
    assert Filters.model_validate({"deployments": unlimited}).test()(flow_run)
    with pytest.raises(ValidationError):
        Filters.model_validate({"work_pools": {"name": {"any_": ["pool"]}}})


def test_orders() -> None:
    """Runs come in the order asked; among those that are alike the greatest id is first."""
    first = run(1, name="b", expected_start_time=T0 + HOUR, start_time=None, end_time=None, kind="SCHEDULED")
    second, third = run(2, name="a"), run(3, name="b", start_time=T0, end_time=T0)
    orders = {
        "ID_DESC": [3, 2, 1],
        "NAME_ASC": [2, 3, 1],
        "NAME_DESC": [3, 1, 2],
        "START_TIME_ASC": [3, 2, 1],
        "START_TIME_DESC": [2, 1, 3],
        "EXPECTED_START_TIME_ASC": [3, 2, 1],
        "EXPECTED_START_TIME_DESC": [1, 3, 2],
        "NEXT_SCHEDULED_START_TIME_ASC": [1, 3, 2],
        "END_TIME_DESC": [2, 3, 1],
    }
    for sort, numbers in orders.items():
        key = sort_key(Listed.model_validate({"sort": sort}).sort or "ID_DESC")
        assert [each.number for each in sorted((first, second, third), key=key)] == numbers, sort
