"""One daemon for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from interfaces.http.site import Site, open_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One daemon for all tests of this room; each looks at backfills of its own."""
    with open_site(tmp_path_factory.mktemp("site")) as opened:
        yield opened
