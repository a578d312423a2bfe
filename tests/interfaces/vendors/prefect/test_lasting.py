"""What lasts: one run a key however many ask at once, and what was said over the end of a daemon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from interfaces.http.site import PATIENCE, Site, open_site, served
from interfaces.vendors.prefect.calling import ON_CALL, PrefectCaller, ended
from interfaces.vendors.prefect.conftest import CATALOG, caller_at

from backfilld.errors import StoreUnavailable
from backfilld.ports import Annotation, StoreAnnotations

AHEAD = "2199-01-01T00:00:00Z"


def test_one_run_a_key(prefect: PrefectCaller) -> None:
    """Of many that ask at once with one key, one has made the run, and all are answered with it."""
    body = {"idempotency_key": str(uuid4()), "parameters": {"gate": prefect.gate()}}

    def ask(_: int) -> tuple[int, str]:
        answer = prefect.http.post(f"/deployments/{ON_CALL}/create_flow_run", json=body)
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    with ended(prefect, answers[0][1]):
        assert sorted(status for status, _ in answers) == [200] * 7 + [201]
        assert len({run for _, run in answers}) == 1
        assert (
            prefect.post("/flow_runs/count", {"flow_runs": {"idempotency_key": {"any_": [body["idempotency_key"]]}}})
            == 1
        )


def test_words_outlive_a_daemon(tmp_path: Path) -> None:
    """States, with all that was said of them, names and keys are the same after a restart; a key is still known."""
    with open_site(tmp_path, CATALOG) as site, caller_at(site, "operate") as before:
        made = before.make(name="lasting", idempotency_key="k", tags=["t"])
        before.until(made["id"], "RUNNING")
        before.set(made["id"], "PAUSED", message="a while", state_details={"pause_key": "p"})
        states = before.get("/flow_run_states/", flow_run_id=made["id"])
        shown = before.run(made["id"])
    with open_site(tmp_path, CATALOG) as site, caller_at(site, "operate") as after, ended(after, made["id"]):
        again = after.run(made["id"])
        for changing in ("total_run_time", "updated"):
            shown.pop(changing), again.pop(changing)
        assert again == shown
        assert after.get("/flow_run_states/", flow_run_id=made["id"]) == states
        assert after.make(status=200, idempotency_key="k")["id"] == made["id"]
        assert after.set(made["id"], "RUNNING")["status"] == "ACCEPT"
        after.until(made["id"], "RUNNING")


class Forgetful:
    """Remembers what comes with an act, and cannot be told anything after it."""

    def __init__(self, real: StoreAnnotations) -> None:
        self._real = real

    def annotate(self, notes: Iterable[Annotation], now: datetime) -> None:
        raise StoreUnavailable("gone")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextmanager
def failing(site: Site, prefect: PrefectCaller) -> Iterator[PrefectCaller]:
    """The same caller, of a daemon whose store fails right after what it was asked for."""
    key = {"Authorization": prefect.http.headers["Authorization"]}
    with (
        served(replace(site.services, annotations=Forgetful(site.services.annotations))) as url,
        PrefectCaller(site, httpx.Client(base_url=f"{url}/api", headers=key, timeout=PATIENCE)) as caller,
    ):
        yield caller


def test_what_was_said_is_as_durable_as_what_was_done(site: Site, prefect: PrefectCaller) -> None:
    """A store that fails right after the act takes nothing back of what came with it."""
    run = prefect.make()["id"]
    prefect.until(run, "RUNNING")
    with ended(prefect, run):
        with failing(site, prefect) as caller:
            caller.set(run, "PAUSED", message="mine", state_details={"pause_timeout": AHEAD})
        found = prefect.run(run)["state"]
        assert (found["type"], found["message"], found["state_details"]["pause_timeout"]) == ("PAUSED", "mine", AHEAD)


def test_no_run_is_made_twice(site: Site, prefect: PrefectCaller) -> None:
    """One that is accepted, and not begun: with a key its client may ask again, and without one it does not."""
    key = str(uuid4())
    with failing(site, prefect) as caller:
        caller.make(status=503, idempotency_key=key)
        caller.make(status=504)
        told = caller.post(f"/deployments/{ON_CALL}/create_flow_run/bulk", [{}, {}])["results"]
    assert [each["status"] for each in told] == ["FAILED"] * 2
    run = prefect.make(idempotency_key=key, status=200)["id"]
    with ended(prefect, run):
        prefect.until(run, "RUNNING")


def test_a_pause_lapses_over_the_end_of_a_daemon(tmp_path: Path) -> None:
    """What was to be resumed while no daemon was there has failed once one is, though nobody looks."""
    with open_site(tmp_path, CATALOG) as site, caller_at(site, "operate") as before:
        run = before.make()["id"]
        native = f"/v1/runs/{int(run[-12:], 16)}"
        site.until(native, lambda it: it["status"] == "running")
        until = datetime.now(UTC) + timedelta(seconds=0.5)
        before.set(run, "PAUSED", state_details={"pause_timeout": until.isoformat()})
    with open_site(tmp_path, CATALOG) as site:
        site.until(native, lambda it: it["status"] == "failed")
