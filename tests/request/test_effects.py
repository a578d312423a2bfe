"""What would have no effect is refused, never ignored; its default is taken."""

from __future__ import annotations

from typing import Any

import pytest
from request.asking import AT_ONCE, CATALOG, CIRCUMSTANCES, asked, at_once, faults, paths, understood

from backfilld.errors import InvalidRequest
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import resolve


def test_when_a_backfill_starts_and_pauses_itself() -> None:
    """What a request says of that is understood; numbers of dates are at least one."""
    found = understood(asked(auto_start_enabled="False", max_failed_dates=3, first=1))
    assert (found.auto_start, found.max_failed_dates, found.first) == (False, 3, 1)
    assert paths(asked(max_failed_dates=0, first=True)) == ["max_failed_dates", "first"]


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


OF_DATES = [
    ({}, {"reprocess": "Failed"}, "reprocess"),
    ({}, {"on_conflict": "Skip"}, "on_conflict"),
    ({}, {"calendar": "DE"}, "calendar"),
    ({"mode": "General"}, {}, "default_run_properties.mode"),
    ({"include_project_ids": [100]}, {}, "default_run_properties.include_project_ids"),
    ({"exclude_project_ids": [200]}, {}, "default_run_properties.exclude_project_ids"),
]


@pytest.mark.parametrize("kind", AT_ONCE)
@pytest.mark.parametrize(("run", "fields", "path"), OF_DATES)
def test_what_only_dates_can_mean(kind: str, run: dict[str, Any], fields: dict[str, Any], path: str) -> None:
    """Outside SupplementData there is one run at once: a field that could change nothing in it is refused."""
    (fault,) = faults(at_once(kind, run, **fields))
    assert (fault.path, fault.allowed) == (path, f"to be left out: it would have no effect in type {kind}")


@pytest.mark.parametrize("kind", AT_ONCE)
def test_their_defaults_may_be_said_in_every_type(kind: str) -> None:
    """What a vendor's client always sends is no fault as long as it says what leaving it out says."""
    lists = ("root", "include", "exclude")
    run = {f"{name}_task_ids": [] for name in lists if name != "root" or not AT_ONCE[kind][1]}
    run |= {"mode": "ManualSelection", "include_project_ids": [], "exclude_project_ids": []}
    said = at_once(kind, run, reprocess="All", on_conflict="Queue", calendar=None)
    assert understood(said) == understood(at_once(kind))


def test_they_are_refused_however_the_request_came_in() -> None:
    """A request that another door built is not taken either."""
    request = BackfillRequest.model_validate(at_once("Manual", first=1, reprocess="Failed"))
    with pytest.raises(InvalidRequest) as refused:
        resolve(request, CATALOG, CIRCUMSTANCES)
    assert [fault.path for fault in refused.value.faults] == ["reprocess", "first"]


@pytest.mark.parametrize("value", ["Supplement", 5, None, ""])
def test_a_type_that_is_none(value: object) -> None:
    """It is told the five that there are, and not held to the rules of any of them."""
    request = asked({"root_task_ids": []}, type=value)
    (fault,) = faults({key: given for key, given in request.items() if key != "periods"})
    assert (fault.path, fault.allowed) == (
        "type",
        "SupplementData, ManualWorkflow, Manual, SmokeTest or TriggerWorkflow",
    )


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"reprocess": "Missing"}, "Missing"),
        ({"on_conflict": "Reject"}, "Reject"),
        ({"calendar": "DE-BY"}, "DE-BY"),
        ({"calendar": "our bank"}, "our bank"),
        ({"expect_plan": "00AAff112233"}, "00aaff112233"),
        ({"expect_plan": "9" * 64}, "9" * 64),
    ],
)
def test_what_reaches_planning(fields: dict[str, Any], found: str) -> None:
    """Reprocessing, conflicts, calendar and the expected plan are handed on as they were said."""
    (field,) = fields
    assert getattr(understood(asked(**fields)), field) == found


@pytest.mark.parametrize(
    ("analysis", "found"),
    [
        ({}, (True, True)),
        ({"enabled": False}, (False, True)),
        ({"blocked": "false"}, (True, False)),
        ({"enabled": "False", "blocked": False}, (False, False)),
    ],
)
def test_the_analysis(analysis: dict[str, Any], found: tuple[bool, bool]) -> None:
    """Whether findings are looked for and whether they stop the request are two switches, both on unless said."""
    resolved = understood(asked({"analysis": analysis}))
    assert (resolved.analysed, resolved.blocked) == found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reprocess", "Some"),
        ("on_conflict", "queue"),
        ("calendar", ""),
        ("calendar", 7),
        ("calendar", ["DE"]),
        ("expect_plan", "0123456789a"),
        ("expect_plan", "0" * 65),
        ("expect_plan", "0123456789ag"),
        ("expect_plan", 123456789012),
        ("expect_plan", "\u0660" * 12),
        ("expect_plan", ""),
    ],
)
def test_what_they_do_not_take(field: str, value: object) -> None:
    """Another word, no name, or no hexadecimal text of 12 to 64 digits is one fault."""
    assert paths(asked(**{field: value})) == [field]
