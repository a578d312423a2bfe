"""What a test that fails leaves under way is not in the way of others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from interfaces.http.site import Site


@pytest.fixture(autouse=True)
def nothing_goes_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """On a daemon of many tests, what is open once one has failed is cancelled: it has cycles and slots of others."""
    site = request.getfixturevalue("site") if "site" in request.fixturenames else None
    failed = request.session.testsfailed
    yield
    if isinstance(site, Site) and request.session.testsfailed > failed:
        clear(site)


def clear(site: Site) -> None:
    """Cancel what is open, and wait until it is done."""
    numbers = [each["id"] for each in site.pages("/v1/backfills") if each["done_at"] is None]
    for each in numbers:
        site.post(f"/v1/backfills/{each}/cancel")
    for each in numbers:
        site.until(f"/v1/backfills/{each}", lambda it: it["done_at"] is not None)
