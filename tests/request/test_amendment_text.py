"""Amendments as JSON: whatever was amended is read again exactly."""

from __future__ import annotations

import json
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.models import RunPolicy
from backfilld.request.amendment_text import amendment_json, amendment_of
from backfilld.request.amendments import AddDates, Amendment, Cut, DatedInstance, DropDates, NewRunPolicy

DATES = st.integers(0, 60).map(lambda day: date(2024, 1, 1) + timedelta(days=day))
BITS = st.dictionaries(DATES, st.sampled_from([1, 5, 2**70]), max_size=20)
INSTANCES = st.builds(DatedInstance, DATES, st.integers(0, 2**20))
POLICIES = st.builds(
    RunPolicy, st.sampled_from(["Daily", "Weekend"]), st.times().map(lambda t: t.replace(microsecond=0)), st.times()
)
AMENDMENTS: st.SearchStrategy[Amendment] = st.one_of(
    st.builds(AddDates, st.sets(DATES, min_size=1).map(lambda found: tuple(sorted(found))), BITS),
    st.builds(DropDates, BITS),
    st.builds(Cut, INSTANCES, st.lists(INSTANCES, min_size=1, max_size=3).map(tuple)),
    st.builds(NewRunPolicy, st.none() | POLICIES),
)


@given(AMENDMENTS)
def test_what_is_stored_is_read_again(amendment: Amendment) -> None:
    """Through JSON and back; dates that are amended alike stand together."""
    stored = json.loads(json.dumps(amendment_json(amendment)))
    assert amendment_of(stored) == amendment


def test_years_of_dates_are_short() -> None:
    """Ten years that are dropped alike are one stretch."""
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(3650)]
    assert len(json.dumps(amendment_json(DropDates(dict.fromkeys(days, 7))))) < 60
