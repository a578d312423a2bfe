"""One daemon for the tests of this room, with an access key for its DataWorks door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from interfaces.http.site import Site, open_site
from interfaces.vendors.dataworks.calling import DataWorksCaller


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Each test looks at backfills of its own."""
    with open_site(tmp_path_factory.mktemp("dataworks")) as opened:
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
