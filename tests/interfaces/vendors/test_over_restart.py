"""A daemon that is killed and started again, as the vendors' clients live through it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from daemon.host import Host, until
from interfaces.vendors.hosted import address_of, hosted, token_on
from interfaces.vendors.on_call import ON_CALL
from interfaces.vendors.sdks import python_story

from backfilld.interfaces.vendors.prefect.ids import Kind, id_of

VENDORS = ("dataworks", "cloudflare", "prefect", "datadog")
GATED = 2003


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One that has a door for each vendor."""
    with hosted(tmp_path_factory.mktemp("restart") / "host", ON_CALL, seals=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def told(host: Host) -> Any:
    """What each client was given, the daemon being gone while all of them poll."""
    tokens = {vendor: token_on(host, vendor, name=vendor) for vendor in VENDORS}
    asked = {
        "url": address_of(host),
        "folder": str(host.folder),
        "dataworks": list(tokens["dataworks"]["credential"].values()),
        "cloudflare": [tokens["cloudflare"]["token"], f"{200:032}"],
        "prefect": [tokens["prefect"]["token"], str(id_of(Kind.DEPLOYMENT, GATED))],
        "datadog": [tokens["datadog"]["id"], tokens["datadog"]["token"]],
    }
    with ThreadPoolExecutor(1) as pool:
        story = pool.submit(python_story, Path(__file__).with_name("over_restart.py"), json.dumps(asked))

        def all_have(come: str) -> bool:
            return story.done() or all((host.folder / f"{vendor}.{come}").exists() for vendor in VENDORS)

        until(lambda: all_have("runs"))
        host.port = host.client.base_url.port or 0
        host.kill()
        until(lambda: all_have("gone"))
        host.start()
        until(lambda: all_have("done"))
        for vendor in VENDORS:
            (host.folder / f"{vendor}.gate").touch()
        return story.result()


def made(host: Host, vendor: str) -> int:
    """How many backfills a vendor's client has had accepted."""
    items = host.get("/v1/backfills?limit=100")["items"]
    return sum(each["by"].startswith(f"{vendor} (") for each in items)


def test_dataworks_goes_on(host: Host, told: Any) -> None:
    """Ids and operations are good after a restart; a rerun that was sent into the gap is one attempt more."""
    assert told["dataworks"] == {"act": [True], "end": [2, 1], "same": True}
    assert made(host, "dataworks") == 1


def test_cloudflare_goes_on(host: Host, told: Any) -> None:
    """The client sends its restart by itself until it is answered: it is done once; so is what is made by name."""
    assert told["cloudflare"] == {"end": [1, 2], "same": True}
    assert made(host, "cloudflare") == 1


def test_prefect_goes_on(host: Host, told: Any) -> None:
    """A state is put in place once, with its details; a key that was used before the restart is that run."""
    assert told["prefect"] == {"act": ["ACCEPT", "over", "ACCEPT"], "end": 1, "same": True}
    assert made(host, "prefect") == 1


def test_datadog_goes_on(host: Host, told: Any) -> None:
    """What was executed before the restart ends well, and what was refused a connection was executed once."""
    assert told["datadog"] == {"end": ["succeeded", "succeeded"], "other": True}
    assert made(host, "datadog") == 2
