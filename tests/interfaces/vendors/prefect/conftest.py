"""One daemon for the tests of this room, with a token for its Prefect door."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from interfaces.http.site import PATIENCE, Site, open_site
from interfaces.vendors.prefect.calling import PrefectCaller

collect_ignore = ["story.py"]
"""For the environment of the official client."""
CATALOG = """
project: shop
id: 7
timezone: UTC
business_date_offset: 0
workflows:
  - workflow: on_call
    id: 71
    type: Triggered
    parameters: {gate: /nowhere, day: "0"}
    tags: {team: ops, plain: ""}
    tasks:
      - {task: wait, id: 15, command: 'echo "day $day"; until [ -e "$gate" ]; do sleep 0.02; done'}
      - {task: after, id: 16, command: 'echo done', depends_on: [wait]}
  - workflow: daily
    id: 70
    parameters: {limit: "0"}
    tasks:
      - {task: extract, id: 1, command: 'echo "$bizdate $limit"'}
      - {task: vanishing, id: 2, command: "exit 3", retries: 0}
---
project: other
id: 8
timezone: UTC
workflows:
  - {workflow: theirs, id: 80, type: Triggered, tasks: [{task: one, id: 81, command: "true"}]}
  - workflow: theirs_daily
    id: 82
    tasks: [{task: shared, id: 83, command: "true", depends_on: [{project: shop, workflow: daily, task: extract}]}]
---
project: fixture-flow
id: 9
timezone: UTC
workflows:
  - workflow: fixture
    id: 90
    type: Triggered
    parameters: {day: "0"}
    tasks: [{task: one, id: 91, command: 'echo "day $day"; sleep 60'}]
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Each test looks at runs of its own."""
    with open_site(tmp_path_factory.mktemp("prefect"), CATALOG) as opened:
        yield opened


@pytest.fixture(scope="session")
def prefect(site: Site) -> Iterator[PrefectCaller]:
    """Somebody who may act on everything."""
    with caller_at(site, "operate") as caller:
        yield caller


def token_at(site: Site, scope: str, **more: object) -> str:
    """A new token for the door, with this scope."""
    made = site.http.post("/v1/tokens", json={"name": "sdk", "scope": scope, "kind": "prefect", **more})
    assert made.status_code == 201, made.text
    return str(made.json()["credential"]["PREFECT_API_KEY"])


def caller_at(site: Site, scope: str, **more: object) -> PrefectCaller:
    """Somebody new with this scope."""
    headers = {"Authorization": f"Bearer {token_at(site, scope, **more)}"}
    url = f"{site.http.base_url}/api"
    return PrefectCaller(site, httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False))
