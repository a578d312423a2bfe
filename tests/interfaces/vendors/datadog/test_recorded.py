"""Requests as the vendor's own clients have sent them, byte by byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from interfaces.http.site import Site
from interfaces.vendors.datadog.conftest import keys
from interfaces.vendors.on_call import at, token

NOBODY_S = {"get_workflow_instance", "getWorkflowInstance", "cancel_workflow_instance", "cancelWorkflowInstance"}
"""They name the instance inst-1, of which there is none."""


@pytest.mark.parametrize("client", ["python", "node"])
def test_every_recorded_request_is_understood(site: Site, client: str) -> None:
    """Each is answered as its client reads it, and with what is left of a limit."""
    recorded = json.loads((Path(__file__).parent / f"{client}_requests.json").read_text())
    shown = {name.lower(): value for name, value in keys(token(site, "datadog")).items()}
    with at(site, "", {}) as bare:
        for each in recorded["requests"]:
            headers = {**each["headers"], **shown}
            url = f"{each['path']}?{each['query_raw']}".rstrip("?")
            answer = bare.request(each["method"], url, content=each["body_raw"].encode(), headers=headers)
            found = each["call"] not in NOBODY_S
            assert answer.status_code == (200 if found else 404), (each["call"], answer.text)
            assert ("data" in answer.json()) is found
            assert ("errors" in answer.json()) is not found
            assert int(answer.headers["x-ratelimit-remaining"]) < int(answer.headers["x-ratelimit-limit"])
