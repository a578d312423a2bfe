"""How long a request keeps what its runs leave behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from request.asking import CATALOG, CIRCUMSTANCES, asked, faults

from backfilld.catalog.documents import Document
from backfilld.request.models import BackfillRequest, InstanceRetention
from backfilld.request.resolve import understand
from backfilld.request.retention import LONGEST, Retention, milliseconds
from backfilld.request.text import request_of, request_text

DAY = 86_400_000
SHORT = {"d": DAY, "h": DAY // 24, "m": 60_000, "s": 1000}
LONG = {"second": 1000, "minute": 60_000, "hour": DAY // 24, "day": DAY, "week": 7 * DAY, "year": 365 * DAY}


def kept(given: object) -> InstanceRetention | None:
    """What a request says."""
    document = Document("request.yaml", asked(instance_retention=given), {})
    request, _ = understand(document, CATALOG, CIRCUMSTANCES)
    return request.instance_retention


def test_a_request_may_say_either_both_or_nothing() -> None:
    """Words are milliseconds from then on; what is left out stays the administrator's to say."""
    assert kept({"success_retention": "30 days"}) == InstanceRetention(success_retention=30 * DAY)
    assert kept({"ErrorRetention": 250, "SuccessRetention": "1 hour"}) == InstanceRetention(
        success_retention=DAY // 24, error_retention=250
    )
    assert kept({}) == InstanceRetention()
    assert kept(None) is None


@given(st.integers(0, 99), st.sampled_from([*LONG.items()]), st.booleans(), st.sampled_from(["", " "]))
def test_words_are_numbers_of_units(count: int, unit: tuple[str, int], many: bool, space: str) -> None:
    """One or many, with a space or without."""
    assert milliseconds(f"{count}{space}{unit[0]}{'s' if many else ''}") == count * unit[1]


@given(st.integers(0, 999), st.sampled_from([*SHORT.items()]))
def test_the_catalog_s_short_words_are_read_too(count: int, unit: tuple[str, int]) -> None:
    """`12h` means here what it means there."""
    assert milliseconds(f"{count}{unit[0]}") == count * unit[1]


@given(st.integers())
def test_milliseconds_are_taken_up_to_a_hundred_years(given: int) -> None:
    """Any whole number of them, never one that is negative or longer."""
    if 0 <= given <= LONGEST // timedelta(milliseconds=1):
        assert milliseconds(given) == given
    else:
        with pytest.raises(ValueError, match="a hundred years at most"):
            milliseconds(given)


@pytest.mark.parametrize(
    "value", ["", "soon", "30", "1 fortnight", "-1 day", "101 years", 1.5, True, [], "1 day 2 hours"]
)
def test_anything_else_is_a_fault_with_its_path(value: object) -> None:
    """It says what is allowed."""
    (fault,) = faults(asked(instance_retention={"error_retention": value}))
    assert fault.path == "instance_retention.error_retention"
    assert "milliseconds, or a time such as" in fault.allowed


def test_strange_fields_are_named_with_those_that_there_are() -> None:
    """A typo is not silently the default, and a single value is no mapping."""
    (fault,) = faults(asked(instance_retention={"sucess_retention": 1}))
    assert (fault.path, "success_retention" in fault.allowed) == ("instance_retention.sucess_retention", True)
    (fault,) = faults(asked(instance_retention="30 days"))
    assert fault.allowed == "a mapping of success_retention, error_retention"


def test_a_restart_reads_what_was_accepted() -> None:
    """The stored text of a request keeps it, in milliseconds."""
    request = BackfillRequest.model_validate(asked(instance_retention={"success_retention": "2 days"}))
    assert request_of(request_text(request)).instance_retention == InstanceRetention(success_retention=2 * DAY)


def test_only_success_is_kept_as_success() -> None:
    """Failed, cancelled, and what never came to an outcome are kept as errors."""
    keep = Retention(success=timedelta(1), error=timedelta(2))
    assert [keep.of(word).days for word in ("succeeded", "failed", "cancelled", None)] == [1, 2, 2, 2]
