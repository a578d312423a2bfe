"""Requests that mean no good, asked of a real daemon: it answers, soon, and is not larger afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from daemon.host import TRIES, Host, asking
from daemon.hostile import HOURLY, bodies, cpu_seconds, resident_mb, tasks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import document_of, read_documents
from backfilld.planning.plan import Plan
from backfilld.request.resolve import Circumstances
from backfilld.service.previews import preview

SOON = 1.0
"""Seconds of the daemon's own time."""
GROWTH = 60.0
"""MB that answers may leave behind, however often they are repeated: some plans are remembered."""
REPEATED = 4
Offline = Callable[[Any], Plan]
BODIES = bodies()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A daemon with the catalog that can hurt."""
    made = Host(tmp_path_factory.mktemp("hostile"))
    made.catalog(tasks(), timezone="America/New_York")
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def offline(daemon: Host) -> Offline:
    """Plans with the daemon's catalog, but without the daemon."""
    catalog, around = parse_catalog(read_documents(daemon.folder / "catalog")), Circumstances(datetime.now(UTC))
    return lambda asked: preview(document_of(json.dumps(asked), "r.json"), catalog, around).plan


def seconds_of(daemon: Host, body: bytes, status: int) -> float:
    """How long the daemon works at a body, which it answers like that."""
    assert daemon.process is not None
    before = cpu_seconds(daemon.process.pid)
    answer = daemon.client.post("/v1/plans", content=body)
    assert answer.status_code == status, answer.text[:1000]
    return cpu_seconds(daemon.process.pid) - before


@pytest.mark.parametrize("name", BODIES)
def test_it_is_answered_within_a_second(daemon: Host, name: str):
    """Whatever is wrong, or too large, or allowed but heavy: a second of the daemon's own time is enough."""
    status, body = BODIES[name]
    assert any(seconds_of(daemon, body, status) < SOON for _ in range(TRIES))


def test_nothing_grows_with_repetition(daemon: Host):
    """After every body was sent a few times more the daemon is about as large as before."""
    assert daemon.process is not None
    before = resident_mb(daemon.process.pid)
    for status, body in list(BODIES.values()) * REPEATED:
        seconds_of(daemon, body, status)
    assert resident_mb(daemon.process.pid) - before < GROWTH


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Hourly tasks in every mode, over dates that clock changes do not spare."""
    tasks = st.integers(0, HOURLY - 1).map("h{}".format)
    first = draw(st.dates(date(1995, 1, 1), date(2030, 1, 1)))
    mode = draw(st.sampled_from(["ManualSelection", "AllDownstream", "Chain"]))
    start = draw(st.integers(0, HOURLY - 2))
    roots = {"ManualSelection": draw(st.lists(tasks, min_size=1, max_size=5)), "AllDownstream": [f"h{start}"]}
    chain = {"include_task_ids": [f"h{start // 10 * 10}", f"h{start}"]} if mode == "Chain" else {}
    asked = asking(str(first), str(first + timedelta(days=draw(st.integers(0, 400)))), roots.get(mode, []), mode=mode)
    asked["default_run_properties"] |= chain | {"exclude_task_ids": draw(st.lists(tasks, max_size=3))}
    asked["periods"] |= draw(st.sampled_from([{}, {"start_time": "02:00:00", "end_time": "13:59:59"}]))
    return asked | draw(st.sampled_from([{}, {"calendar": "DE"}]))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=requests())
def test_the_daemons_plan_is_the_offline_plan(daemon: Host, offline: Offline, asked: dict[str, Any]):
    """The same request and catalog give the same hash, with a daemon and without."""
    answer = daemon.client.post("/v1/plans", json=asked)
    assert answer.status_code == 200, answer.text

    plan = offline(asked)
    assert (answer.json()["plan_hash"], answer.json()["counts"]["instances"]) == (plan.hash, plan.size)
