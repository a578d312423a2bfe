"""What has no effect yet is refused, never ignored; its default is taken."""

from __future__ import annotations

from typing import Any

import pytest
from request.asking import CATALOG, CIRCUMSTANCES, asked, faults, paths, understood

from backfilld.errors import InvalidRequest
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import resolve

POLICY = {"type": "Daily", "start_time": "22:00:00", "end_time": "06:00:00"}
TOP = [
    ("auto_start_enabled", False),
    ("auto_start_enabled", "False"),
    ("instance_retention", {"success_retention": "30 days"}),
    ("reprocess", "Failed"),
    ("reprocess", "Missing"),
    ("on_conflict", "Skip"),
    ("on_conflict", "Reject"),
    ("max_failed_dates", 0),
    ("max_failed_dates", 3),
    ("first", 1),
    ("calendar", "US"),
    ("calendar", ""),
    ("fit_window", True),
    ("fit_window", "true"),
    ("payload", {}),
    ("payload", 0),
    ("payload", False),
    ("expect_plan", "0" * 64),
    ("type", "ManualWorkflow"),
    ("type", "Manual"),
    ("type", "SmokeTest"),
    ("type", "TriggerWorkflow"),
]
RUN: list[tuple[str, object, str]] = [
    ("run_policy", POLICY, ""),
    ("run_policy", {}, ""),
    ("alert", {"type": "Failure", "notice_type": "Mail"}, ""),
    ("analysis", {"enabled": False}, ".enabled"),
    ("analysis", {"blocked": "false"}, ".blocked"),
]


@pytest.mark.parametrize(("field", "value"), TOP)
def test_a_field_without_effect_is_refused(field: str, value: object) -> None:
    """Any value but the default is one fault, which says that nothing else is built."""
    (fault,) = faults(asked(**{field: value}))
    assert fault.path == field
    assert "nothing else is built yet" in fault.allowed


@pytest.mark.parametrize(("field", "value", "below"), RUN)
def test_a_run_property_without_effect_is_refused(field: str, value: object, below: str) -> None:
    """The same for what stands deeper, named with its whole path."""
    (fault,) = faults(asked({field: value}))
    assert fault.path == f"default_run_properties.{field}{below}"
    assert "nothing else is built yet" in fault.allowed


@pytest.mark.parametrize(
    "fields",
    [
        {"auto_start_enabled": True},
        {"auto_start_enabled": "TRUE"},
        {"reprocess": "All"},
        {"on_conflict": "Queue"},
        {"fit_window": False},
        {"fit_window": "False"},
        {"payload": None},
        {"first": None},
        {"calendar": None},
        {"max_failed_dates": None},
        {"expect_plan": None},
        {"instance_retention": None},
    ],
)
def test_the_default_may_be_said(fields: dict[str, Any]) -> None:
    """A default that is written out means what leaving it out means."""
    assert understood(asked(**fields)) == understood(asked())


def test_the_defaults_of_run_properties_may_be_said() -> None:
    """The same for what stands deeper."""
    run = {"run_policy": None, "alert": None, "analysis": {"enabled": True, "blocked": "True"}}
    assert understood(asked(run)) == understood(asked())


@pytest.mark.parametrize("value", ["Supplement", 5, None, ""])
def test_a_wrong_value_of_a_field_without_effect_hears_the_same(value: object) -> None:
    """A type that does not exist is told what exists, not what will."""
    (fault,) = faults(asked(type=value))
    assert (fault.path, fault.allowed) == ("type", '"SupplementData"; nothing else is built yet')


def test_another_type_is_not_held_to_the_rules_of_this_one() -> None:
    """That dates and roots are missing follows from the type being another."""
    request = asked({"root_task_ids": []}, type="TriggerWorkflow")
    assert paths({key: value for key, value in request.items() if key != "periods"}) == ["type"]


def test_they_are_refused_however_the_request_came_in() -> None:
    """A request that another door built is not taken either."""
    request = BackfillRequest.model_validate(asked({"alert": 1}, first=3))
    with pytest.raises(InvalidRequest) as refused:
        resolve(request, CATALOG, CIRCUMSTANCES)
    assert [fault.path for fault in refused.value.faults] == ["first", "default_run_properties.alert"]
