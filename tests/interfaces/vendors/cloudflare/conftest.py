"""One daemon for the tests of this room; project `vendors` is an account of the settings."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from interfaces.http.site import Site, open_site
from interfaces.vendors.on_call import WHOLE, at, token

collect_ignore = ["story.py"]
"""It is run where its client is installed."""
ACCOUNT = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Each test looks at instances of its own."""
    with open_site(tmp_path_factory.mktemp("cloudflare"), WHOLE) as opened:
        opened.services.accounts = {"vendors": ACCOUNT}
        yield opened


@pytest.fixture(scope="session")
def cloudflare(site: Site) -> Iterator[httpx.Client]:
    """Somebody who may act on everything in the account."""
    shown = token(site, "cloudflare")["token"]
    with at(site, f"/client/v4/accounts/{ACCOUNT}", {"Authorization": f"Bearer {shown}"}) as client:
        yield client
