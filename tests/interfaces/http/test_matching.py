"""What a filter finds is what passes it, item by item, however it is looked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interfaces.http.site import Site
from request.naive_filters import naive

from backfilld.errors import NotFound
from backfilld.planning.plan import instance_id
from backfilld.ports import InstanceFilter
from backfilld.request.filters import InstanceCriteria, RunCriteria
from backfilld.service.access import Caller, Scope
from backfilld.service.bulk import BulkWish, Criteria
from backfilld.service.wishes import wish_of

STATES = ("waiting", "running", "succeeded", "failed", "skipped", "cancelled")
Item = dict[str, list[Any]]


class Known:
    """Some backfills that rest, and what each of their runs and instances goes by."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.backfills = [
            self._rested(
                "picky", "after_picky", "hourly", days=3, name="January 1st", tags=[{"key": "a", "value": "b"}]
            ),
            self._rested("silent", "often", days=2, parallelism=2, name="short_one"),
        ]
        waiting = site.request("extract", "load", days=3, gate="matching") | {"auto_start_enabled": False}
        self.backfills.append(int(site.http.post("/v1/backfills", json=waiting).json()["backfill_id"]))
        site.until(f"/v1/backfills/{self.backfills[-1]}", lambda it: it["status"] == "not_started")
        first = site.get(f"/v1/backfills/{self.backfills[-1]}/runs")["items"][0]["id"]
        site.http.post(f"/v1/runs/{first}/skip", json={})
        site.http.post(f"/v1/runs/{first + 1}/set_priority", json={"priority": 7})
        self.runs = dict(self._runs())
        self.instances = dict(self._instances())

    def _rested(self, *tasks: str, name: str, tags: Any = (), **more: Any) -> int:
        asked = self.site.request(*tasks, gate="nowhere", **more) | {"name": name, "tags": list(tags)}
        number = int(self.site.http.post("/v1/backfills", json=asked).json()["backfill_id"])
        self.site.until(f"/v1/backfills/{number}", lambda it: it["done_at"] is not None)
        return number

    def _of_backfill(self, number: int) -> Item:
        shown = self.site.services.views.backfill(number)
        tags = [text for key, value in shown.terms.resolved.tags.items() for text in (key, f"{key}={value}")]
        named = {"backfill": [number], "name": [shown.stored.name], "tags": tags}
        return named | {"project": ["7", "shop"], "workflow": ["70", "daily"]}

    def _runs(self) -> Iterator[tuple[int, Item]]:
        for number in self.backfills:
            for run in self.site.services.views.runs(number, None, 100).items:
                moments = {"admitted_at": some(run.admitted_at), "settled_at": some(run.settled_at)}
                own = {"id": [run.number], "state": [run.word], "priority": some(run.marks.priority), **moments}
                yield run.number, self._of_backfill(number) | own | {"business_date": [run.business_date]}

    def _instances(self) -> Iterator[tuple[int, Item]]:
        views = self.site.services.views
        for number in self.backfills:
            for one in views.instances(InstanceFilter(number), None, 1_000).items:
                last = views.attempts(one.stored.id)[-1:]
                task = [str(one.stored.task), one.task.rsplit("/", 1)[-1], f"shop/daily/{one.task.rsplit('/', 1)[-1]}"]
                own: Item = {"id": [one.stored.id], "run": [one.run], "task": task, "held": [one.held]}
                own |= {"state": [one.stored.state.name.lower()], "cycle_time": [one.stored.cycle_time]}
                own |= {"attempt": [one.stored.attempt], "business_date": [one.business_date]}
                own |= {"started_at": [m for each in last for m in some(each.started_at)]}
                own |= {"ended_at": [m for each in last for m in some(each.ended_at)]}
                yield one.stored.id, self._of_backfill(number) | own


def some(value: Any) -> list[Any]:
    return [] if value is None else [value]


@pytest.fixture(scope="module")
def known(site: Site) -> Known:
    return Known(site)


def condition(**words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=words | {"operator": st.sampled_from(["and_", "or_"])})


def among(*values: Any) -> dict[str, st.SearchStrategy[Any]]:
    found = st.lists(st.sampled_from(values), max_size=3)
    return {"any_": found, "not_any_": found}


NULL = {"is_null_": st.booleans()}
MOMENTS = st.sampled_from(["2024-01-02T05:00:00Z", "2024-01-01T23:00:00Z", "2199-01-01T00:00:00Z"])
NUMBERS = {"before_": st.integers(0, 8), "after_": st.integers(0, 8)}
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")
SHARED = {
    "backfill": condition(**among(1, 2, 3, 4, 10**6)),
    "name": condition(**among("January 1st", "short_one"), like_=st.sampled_from(["J%1ST", "_one", "", "x"])),
    "project": condition(**among("shop", "7", "8"), **NULL),
    "workflow": condition(**among("daily", "71"), **NULL),
    "tags": condition(**among("a", "a=b", "c"), all_=st.lists(st.sampled_from(["a", "a=b", "c"]), max_size=2), **NULL),
    "business_date": condition(**among(*DAYS), before_=st.sampled_from(DAYS), after_=st.sampled_from(DAYS)),
    "operator": st.sampled_from(["and_", "or_"]),
}
OF_RUNS = SHARED | {
    "state": condition(**among("succeeded", "failed", "not_started", "queued")),
    "priority": condition(**among(7, 8), **NUMBERS, **NULL),
    "admitted_at": condition(**NULL),
    "settled_at": condition(before_=MOMENTS, **NULL),
}
OF_INSTANCES = SHARED | {
    "task": condition(**among("picky", "often", "8", "shop/daily/silent"), like_=st.sampled_from(["%ick", "o_ten"])),
    "state": condition(**among(*STATES)),
    "held": condition(**among(True, False)),
    "cycle_time": condition(before_=MOMENTS, after_=MOMENTS),
    "attempt": condition(**among(0, 1, 2), **NUMBERS),
    "started_at": condition(after_=MOMENTS, **NULL),
    "ended_at": condition(before_=MOMENTS, **NULL),
}
SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def finding(known: Known, criteria: Criteria, projects: frozenset[int] | None = None) -> set[int]:
    """What is found of what is known."""
    caller = Caller("somebody", Scope.OPERATE, projects, "127.0.0.1")
    found = known.site.services.bulk.for_(caller).find(BulkWish(wish_of("skip", {}), criteria, {}))
    if isinstance(criteria, RunCriteria):
        return found.items.keys() & known.runs.keys()
    ids = {instance_id(run, ordinal) for run, ordinals in found.items.items() for ordinal in ordinals}
    return ids & known.instances.keys()


def passing(items: dict[int, Item], criteria: Criteria) -> set[int]:
    asked = criteria.model_dump(exclude_unset=True)
    return {number for number, item in items.items() if naive(asked, item)}


@SOME
@given(asked=st.fixed_dictionaries({}, optional=OF_RUNS))
def test_runs(asked: dict[str, Any], known: Known) -> None:
    """A run is found if and only if it passes."""
    criteria = RunCriteria.model_validate(asked)
    assert finding(known, criteria) == passing(known.runs, criteria)


@SOME
@given(asked=st.fixed_dictionaries({}, optional=OF_INSTANCES))
def test_instances(asked: dict[str, Any], known: Known) -> None:
    """An instance is found if and only if it passes, with a row or without."""
    criteria = InstanceCriteria.model_validate(asked)
    assert finding(known, criteria) == passing(known.instances, criteria)


def test_ids_are_looked_up(known: Known) -> None:
    """Of ids that there are and ids that there are not, the former are found."""
    run, instance = next(iter(known.runs)), next(iter(known.instances))
    assert finding(known, RunCriteria.model_validate({"id": {"any_": [run, 2**31]}})) == {run}
    ids = {"any_": [instance, 2**62, instance + 2**19]}
    assert finding(known, InstanceCriteria.model_validate({"id": ids})) == {instance}


def test_what_is_not_seen_is_not_found(known: Known) -> None:
    """Neither runs nor instances of other projects, nor what was done to them."""
    nowhere = frozenset({8})
    assert finding(known, RunCriteria(), nowhere) == set()
    assert finding(known, InstanceCriteria(), nowhere) == set()
    assert finding(known, RunCriteria(), frozenset({7})) == known.runs.keys()
    first = {"filter": {"id": {"any_": [next(iter(known.runs))]}}, "act": "resume"}
    operation = known.site.http.post("/v1/runs/bulk_set_state", json=first).json()["operation_id"]
    bulk = known.site.services.bulk
    assert bulk.for_(Caller("other", Scope.READ, frozenset({7}), "")).act(operation).total == 1
    with pytest.raises(NotFound):
        bulk.for_(Caller("other", Scope.READ, nowhere, "")).act(operation)


def test_moments_are_those_of_the_last_attempt(known: Known) -> None:
    """What started an hour from now on is nothing, what ended until then is all that ran."""
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert finding(known, InstanceCriteria.model_validate({"started_at": {"after_": soon}})) == set()
    ran = {number for number, item in known.instances.items() if item["ended_at"]}
    assert ran
    assert finding(known, InstanceCriteria.model_validate({"ended_at": {"before_": soon}})) == ran
