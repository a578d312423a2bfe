"""Workflows that are executed through vendors' doors, on one daemon for the tests of a room."""

from __future__ import annotations

from typing import Any

import httpx
from interfaces.http.site import CATALOG, PATIENCE, Site

ON_CALL = """
---
project: vendors
id: 200
timezone: UTC
workflows:
  - workflow: nightly
    id: 2001
    type: Triggered
    owner: ada
    description: loads a day
    tags: {team: ops}
    parameters: {day: "0", gate: /nowhere}
    tasks:
      - {task: load-1, id: 2011, command: 'printf "\\"%s\\"" "$day" > "$BACKFILL_OUTPUT_FILE"', retries: 2, timeout: 1h}
      - task: load-2
        id: 2012
        command: 'cp "$BACKFILL_PAYLOAD_FILE" "$BACKFILL_OUTPUT_FILE"'
        depends_on: [load-1]
  - workflow: nightly load
    id: 2002
    type: Triggered
    tasks: [{task: pass, id: 2021, virtual: true}]
  - workflow: gated
    id: 2003
    type: Manual
    parameters: {gate: /nowhere}
    tasks:
      - {task: before, id: 2031, command: "true"}
      - {task: gate, id: 2032, command: 'until [ -e "$gate" ]; do sleep 0.02; done', depends_on: [before]}
      - {task: after, id: 2033, virtual: true, depends_on: [gate]}
  - workflow: broken
    id: 2004
    type: Triggered
    parameters: {gate: /nowhere}
    tasks:
      - {task: fine, id: 2041, command: "true"}
      - {task: breaks, id: 2042, command: 'test -e "$gate"', depends_on: [fine]}
  - workflow: "by/night: west"
    id: 2005
    alias: west
    type: Triggered
    tasks: [{task: west, id: 2051, virtual: true}]
  - workflow: chain
    id: 2008
    type: Triggered
    parameters: {gate: /nowhere}
    tasks:
      - {task: one, id: 2081, command: 'test -e "$gate"'}
      - {task: two, id: 2082, command: 'test -e "$gate"', depends_on: [one]}
      - {task: three, id: 2083, command: 'test -e "$gate"', depends_on: [two]}
  - workflow: scheduled
    id: 2006
    tasks: [{task: daily, id: 2061, virtual: true}]
"""
WHOLE = CATALOG + ON_CALL


def token(site: Site, kind: str, scope: str = "operate", **more: object) -> Any:
    """A new token of a kind."""
    made = site.http.post("/v1/tokens", json={"name": "sdk", "scope": scope, "kind": kind, **more})
    assert made.status_code == 201, made.text
    return made.json()


def at(site: Site, path: str, headers: dict[str, str]) -> httpx.Client:
    """Somebody who asks below a path."""
    base = f"{str(site.http.base_url).rstrip('/')}{path}"
    return httpx.Client(base_url=base, headers=headers, timeout=PATIENCE, trust_env=False)
