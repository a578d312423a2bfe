"""The `run_policy` of a request: three fields that it needs, and one that it may have."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from request.asking import AT_ONCE, asked, at_once, faults, understood

from backfilld.catalog.models import RunPolicy
from backfilld.request.models import BackfillRequest
from backfilld.request.text import request_of, request_text

POLICY = {"type": "Daily", "start_time": "22:00:00", "end_time": "06:00:00"}


@pytest.mark.parametrize("said", [{}, {"immediately": False}, {"immediately": "True"}])
def test_a_policy_is_understood(said: dict[str, Any]) -> None:
    """Times of day as text; a vendor writes the truth as text, too."""
    found = understood(asked({"run_policy": POLICY | said})).run_policy
    assert found == RunPolicy("Daily", time(22), time(6), immediately=said.get("immediately") == "True")


@pytest.mark.parametrize("kind", AT_ONCE)
def test_a_policy_is_for_every_type(kind: str) -> None:
    """What runs at once waits for its window, too."""
    assert understood(at_once(kind, {"run_policy": POLICY})).run_policy == RunPolicy("Daily", time(22), time(6))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, ["type", "start_time", "end_time"]),
        ({**POLICY, "type": "Monthly"}, ["type"]),
        ({**POLICY, "start_time": "24:00:00", "end_time": 6}, ["start_time", "end_time"]),
        ({**POLICY, "zone": "UTC"}, ["zone"]),
        ({**POLICY, "end_time": "22:00:00"}, ["end_time"]),
    ],
)
def test_what_a_policy_may_not_say(policy: dict[str, Any], expected: list[str]) -> None:
    """Every fault at once; a window that would begin where it ends is refused, as it could mean all or nothing."""
    told = faults(asked({"run_policy": policy}))
    assert sorted(fault.path for fault in told) == sorted(
        f"default_run_properties.run_policy.{field}" for field in expected
    )


def test_a_policy_is_stored_and_read_again() -> None:
    """The text that a daemon keeps means the same after a restart."""
    request = BackfillRequest.model_validate(asked({"run_policy": POLICY | {"immediately": True}}))
    assert request_of(request_text(request)) == request
