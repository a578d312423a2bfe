"""What a caller of the Prefect door does again and again."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
from interfaces.http.site import PATIENCE, Site

from backfilld.interfaces.vendors.prefect.ids import Kind, id_of

ON_CALL, DAILY, SHOP = id_of(Kind.DEPLOYMENT, 71), id_of(Kind.DEPLOYMENT, 70), id_of(Kind.FLOW, 7)
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class PrefectCaller:
    """Somebody with a token of the door, and where the door is."""

    site: Site
    http: httpx.Client

    def __enter__(self) -> PrefectCaller:
        return self

    def __exit__(self, *raised: object) -> None:
        self.http.close()

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, status: int = 200, **query: str) -> Any:
        answer = self.http.get(path, params=query or None)
        assert answer.status_code == status, answer.text
        return answer.json()

    def run(self, run: str) -> Any:
        return self.get(f"/flow_runs/{run}")

    def gate(self) -> str:
        """A file that nobody makes unless a test does."""
        return str(self.site.gate(f"gate-{next(_NUMBERS)}"))

    def make(self, deployment: object = ON_CALL, status: int = 201, **more: Any) -> Any:
        """A new run; of the Triggered workflow one that goes on until its gate is there."""
        parameters = {"gate": self.gate()} if deployment == ON_CALL else {}
        body = {"parameters": parameters} | more
        return self.post(f"/deployments/{deployment}/create_flow_run", body, status)

    def set(self, run: str, kind: str, *, force: bool = False, status: int | None = None, **more: Any) -> Any:
        """Ask for a state."""
        body = {"state": {"type": kind, **more}, "force": force}
        answer = self.http.post(f"/flow_runs/{run}/set_state", json=body)
        assert answer.status_code in ((200, 201) if status is None else (status,)), answer.text
        return answer.json()

    def bulk(self, state: Any, flow_runs: Any = None, **more: Any) -> list[Any]:
        body = {"state": state, "flow_runs": flow_runs, **more}
        results = self.post("/flow_runs/bulk_set_state", body)["results"]
        assert isinstance(results, list)
        return results

    def found(self, **flow_runs: Any) -> list[str]:
        """The names that pass."""
        return [run["name"] for run in self.post("/flow_runs/filter", {"flow_runs": flow_runs})]

    def until(self, run: str, *types: str) -> Any:
        """The run once its state is one of these."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.run(run))["state_type"] not in types:
            assert time.monotonic() < deadline, str(found["state"])
            time.sleep(0.02)
        return found


@contextmanager
def ended(caller: PrefectCaller, *runs: str) -> Iterator[None]:
    """Nothing of these goes on afterwards."""
    try:
        yield
    finally:
        for run in runs:
            caller.set(run, "CANCELLED", force=True)


def coded(text: str) -> str:
    """As a header carries it."""
    return base64.b64encode(text.encode()).decode()
