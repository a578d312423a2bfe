"""What the store is asked for leaves nothing out that passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interfaces.http.site import Site
from interfaces.vendors.prefect.calling import PrefectCaller, ended
from interfaces.vendors.prefect.test_filters import run

from backfilld.errors import InvalidRequest
from backfilld.interfaces.http.doors.prefect.reading import FlowRuns
from backfilld.interfaces.vendors.prefect.filters import Filters
from backfilld.interfaces.vendors.prefect.history import Facts, asked_state, current, said
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of
from backfilld.interfaces.vendors.prefect.narrowing import Narrowed, narrowed
from backfilld.interfaces.vendors.prefect.states import AskedState
from backfilld.interfaces.vendors.prefect.transitions import TYPES

NOW = datetime(2024, 5, 6, tzinfo=UTC)
FLOW, DEPLOYMENT = id_of(Kind.FLOW, 7), id_of(Kind.DEPLOYMENT, 70)
ENDED = {"COMPLETED": "succeeded", "FAILED": "failed", "CRASHED": "failed", "CANCELLED": "cancelled"}
"""What a run reads as by itself that has ended with a word of ours."""
types = st.lists(st.sampled_from(TYPES), max_size=4)
operators = st.sampled_from(["and_", "or_"])
ids = st.lists(st.sampled_from([FLOW, DEPLOYMENT, UUID(int=0)]).map(str), max_size=2)
asked = st.fixed_dictionaries(
    {"operator": operators},
    optional={
        "state": st.fixed_dictionaries(
            {"operator": operators},
            optional={"type": st.fixed_dictionaries({}, optional={"any_": types, "not_any_": types})},
        ),
        "deployment_id": st.fixed_dictionaries({"operator": operators}, optional={"any_": ids}),
        "idempotency_key": st.fixed_dictionaries({}, optional={"any_": st.lists(st.sampled_from(["key", "other"]))}),
    },
)
owners = st.fixed_dictionaries({"operator": operators}, optional={"id": st.fixed_dictionaries({"any_": ids})})


@given(
    st.fixed_dictionaries({}, optional={"flow_runs": asked, "flows": owners, "deployments": owners}),
    st.sampled_from(sorted(ENDED)),
    st.none() | st.sampled_from(TYPES),
    st.booleans(),
)
def test_whoever_passes_is_there(body: dict[str, Any], end: str, put: Any, at_once: bool) -> None:
    """Whatever is asked, and whatever a client has said of a run that has ended: it is asked of the store, too."""
    own = id_of(Kind.FLOW_RUN, 1)
    facts = Facts(end, end.capitalize(), NOW, NOW, None, ENDED[end])  # type: ignore[arg-type]
    before = facts if at_once else Facts("RUNNING", "Running", NOW, None, None, "running")
    kept = [said(asked_state(own, AskedState(type=put), uuid4(), None, NOW), before)] if put else []
    shown = run(state=current(own, kept, facts, NOW + timedelta(seconds=1)))
    filters = Filters.model_validate(body)
    where = narrowed(filters)

    if filters.test()(shown):
        assert where.words is None or ENDED[end] in where.words
        assert where.flows is None or 7 in where.flows
        assert where.deployments is None or 70 in where.deployments
        assert where.keys is None or "key" in where.keys


def test_the_store_is_asked_for_less() -> None:
    """Runs that go on are looked for among these; ids and keys say where to look."""
    going = {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}, "idempotency_key": {"any_": ["key"]}}
    body = {"flow_runs": going, "flows": {"id": {"any_": [FLOW]}}, "deployments": {"id": {"any_": [DEPLOYMENT, FLOW]}}}
    assert narrowed(Filters.model_validate(body)) == Narrowed(
        frozenset({7}), frozenset({70}), frozenset({"open"}), ["key"]
    )
    assert narrowed(Filters()) == Narrowed()


LATER = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2999-01-01T00:00:00Z"}}


def test_not_all_that_there_ever_was_is_looked_at(site: Site, prefect: PrefectCaller) -> None:
    """Past a bound a filter is refused that leaves the store too much, unless enough passes before."""
    made = [prefect.make(state=LATER)["id"] for _ in range(3)]
    with ended(prefect, *made):
        runs = FlowRuns(site.services, site.services.ticker.clock.now(), looked_at=2)
        nobody = Filters.model_validate({"flow_runs": {"tags": {"any_": ["nobody"]}}})
        assert str(next(runs.passing(Filters())).flow_run.id) == made[-1]
        with pytest.raises(InvalidRequest, match="more than 2 runs to look at"):
            list(runs.passing(nobody))
        elsewhere = Filters.model_validate({"flow_runs": {"deployment_id": {"any_": [FLOW]}}})
        assert list(runs.passing(elsewhere)) == []


def test_all_are_counted_at_once(site: Site, prefect: PrefectCaller) -> None:
    """Where nothing is asked the store counts; what was deleted at this door is not among them."""
    made = [prefect.make(state=LATER)["id"] for _ in range(2)]
    count = prefect.post("/flow_runs/count", {"flow_runs": {}})
    assert count == len(list(FlowRuns(site.services, site.services.ticker.clock.now()).passing(Filters())))
    for each in made:
        assert prefect.http.delete(f"/flow_runs/{each}").status_code == 204
    assert prefect.post("/flow_runs/count", {}) == count - 2
