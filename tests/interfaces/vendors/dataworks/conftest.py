"""One daemon for the tests of this room, with an access key for its DataWorks door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from interfaces.http.site import Site, open_site
from interfaces.vendors.dataworks.calling import DataWorksCaller

collect_ignore = ["story.py"]
"""For the environment of the official client."""
WIRE = """
project: wire
id: 100
timezone: Asia/Shanghai
environments: {Dev: {resource_group: default, parameters: {k1: dev}}}
workflows:
  - workflow: nightly
    id: 1001
    owner: u1
    tags: {team: data}
    parameters: {gate: /nowhere}
    tasks:
      - {task: first, id: 1234, command: 'echo "$d"', parameters: {d: "0", e: "0"}, retries: 1, retry_delay: 10m,
         timeout: 1h, tags: {kind: raw}, description: the first}
      - {task: second, id: 1235, command: exit 1, depends_on: [first], priority: 3}
      - {task: third, id: 1236, virtual: true, owner: u2, depends_on: [second]}
      - {task: chained, id: 1238, virtual: true, depends_on: [third, {task: chained, cycle: previous}]}
      - {task: later, id: 1237, virtual: true, recurrence: Pause}
      - {task: hold, id: 1240, command: 'until [ -e "$gate" ]; do sleep 0.02; done'}
      - {task: after_hold, id: 1241, virtual: true, depends_on: [hold]}
      - {task: aside, id: 9, virtual: true, depends_on: [first]}
  - workflow: by_hand
    id: 2
    type: Manual
    parameters: {k1: none}
    tasks:
      - {task: one, id: 7, command: 'echo "{\\"rows\\": 3, \\"k1\\": \\"$k1\\"}" > "$BACKFILL_OUTPUT_FILE"', owner: u1}
      - {task: two, id: 8, python: "os:getcwd", depends_on: [one]}
---
project: elsewhere
id: 200
workflows:
  - {workflow: other, id: 2001, tasks: [{task: far, id: 2002, virtual: true}]}
  - workflow: again
    id: 2003
    type: Manual
    tasks: [{task: flaky, id: 2004, command: exit 1, retries: 1, retry_delay: 1h}]
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Each test looks at backfills of its own."""
    with open_site(tmp_path_factory.mktemp("dataworks"), WIRE) as opened:
        yield opened


@pytest.fixture(scope="session")
def dataworks(site: Site) -> DataWorksCaller:
    """Somebody who may act on everything."""
    return caller_at(site, "operate")


def caller_at(site: Site, scope: str, **more: object) -> DataWorksCaller:
    """Somebody new with this scope."""
    asked = {"name": "sdk", "scope": scope, "kind": "dataworks", **more}
    made = site.http.post("/v1/tokens", json=asked)
    assert made.status_code == 201, made.text
    credential = made.json()["credential"]
    return DataWorksCaller(
        site, credential["ALIBABA_CLOUD_ACCESS_KEY_ID"], credential["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode()
    )
