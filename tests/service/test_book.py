"""What is stored of an accepted backfill always means the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from request.asking import CATALOG
from request.wishes import wishes

from backfilld.catalog.documents import Document
from backfilld.request.resolve import Circumstances, resolve, understand
from backfilld.request.text import request_of, request_text
from backfilld.service.book import circumstances_of, circumstances_text

ALL = frozenset(CATALOG.by_id)
MOMENTS = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))])
)
EXPECTED = st.dictionaries(st.sampled_from(sorted(CATALOG.tasks)), st.floats(0.001, 1e6))


@given(wishes(), MOMENTS, EXPECTED, st.sampled_from([None, ALL, ALL | {2**48}]))
def test_what_is_stored_resolves_to_what_was_accepted(
    wish: dict[str, Any], accepted_at: datetime, expected: dict[int, float], permitted: frozenset[int] | None
) -> None:
    """From the two texts comes the resolved request again, whatever the clock and history say by then."""
    circumstances = Circumstances(accepted_at, lambda environment: expected, permitted=permitted)
    request, resolved = understand(Document("request.yaml", wish), CATALOG, circumstances)
    stored, beside = request_text(request), circumstances_text(resolved)

    assert resolve(request_of(stored), CATALOG, circumstances_of(beside)) == resolved


def test_a_text_from_before_there_were_callers_permits_all() -> None:
    """Where it was not stored what the caller may see, he could see everything."""
    text = json.dumps({"accepted_at": "2024-01-01T00:00:00+00:00", "expected_seconds": {}})

    assert circumstances_of(text).permitted is None
