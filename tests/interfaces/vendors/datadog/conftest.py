"""One daemon for the tests of this room; a workflow is called as in the recorded requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from interfaces.http.site import Site, open_site
from interfaces.vendors.on_call import WHOLE, at, token

collect_ignore = ["story.py"]
"""It is run where its client is installed."""
RECORDED = """
  - workflow: ccf73164-1998-4785-a7a3-8d06c7e5f558
    id: 2007
    type: Triggered
    parameters: {input: none}
    tasks:
      - {task: hand_on, id: 2071, command: 'cp "$BACKFILL_PAYLOAD_FILE" "$BACKFILL_OUTPUT_FILE"'}
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Each test looks at instances of its own; all of them execute fewer than a source may in a minute."""
    with open_site(tmp_path_factory.mktemp("datadog"), WHOLE + RECORDED) as opened:
        yield opened


def keys(made: Any) -> dict[str, str]:
    """The headers that show a token."""
    return {"DD-API-KEY": made["id"], "DD-APPLICATION-KEY": made["token"]}


@pytest.fixture(scope="session")
def datadog(site: Site) -> Iterator[httpx.Client]:
    """Somebody who may act on everything."""
    with at(site, "/api/v2", keys(token(site, "datadog"))) as client:
        yield client
