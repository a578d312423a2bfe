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
from backfilld.request.durations import Duration, Durations, steady
from backfilld.request.resolve import Circumstances, resolve, understand
from backfilld.request.text import request_of, request_text
from backfilld.service.book import circumstances_of, circumstances_text

ALL = frozenset(CATALOG.by_id)
MOMENTS = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))])
)
SECONDS = st.floats(0.001, 1e6)
KNOWN = st.dictionaries(st.sampled_from(sorted(CATALOG.tasks)), st.builds(Duration, SECONDS, SECONDS))


@given(wishes(), MOMENTS, KNOWN, st.sampled_from([None, ALL, ALL | {2**48}]))
def test_what_is_stored_resolves_to_what_was_accepted(
    wish: dict[str, Any], accepted_at: datetime, known: dict[int, Duration], permitted: frozenset[int] | None
) -> None:
    """From the two texts comes the resolved request again, whatever the clock and history say by then."""
    circumstances = Circumstances(accepted_at, lambda environment: known, assumed_seconds=5, permitted=permitted)
    request, resolved = understand(Document("request.yaml", wish), CATALOG, circumstances)
    stored, beside = request_text(request), circumstances_text(resolved)

    assert resolve(request_of(stored), CATALOG, circumstances_of(beside)) == resolved


def test_an_older_text_is_understood() -> None:
    """Where it was not stored what the caller may see, he could see everything; medians were all that was known."""
    text = json.dumps({"accepted_at": "2024-01-01T00:00:00+00:00", "expected_seconds": {"1": 7.0}})

    found = circumstances_of(text)
    assert found.permitted is None
    assert Durations(found.history("Prod")) == steady({1: 7.0})
