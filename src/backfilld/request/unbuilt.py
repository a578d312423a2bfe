"""What has no effect yet, and is refused rather than ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter

from backfilld.catalog.documents import Path, shown
from backfilld.request.faults import FieldFault
from backfilld.request.models import BackfillRequest

NOT_BUILT: Mapping[Path, object] = {
    ("type",): "SupplementData",
    ("auto_start_enabled",): True,
    ("instance_retention",): None,
    ("reprocess",): "All",
    ("on_conflict",): "Queue",
    ("max_failed_dates",): None,
    ("first",): None,
    ("calendar",): None,
    ("fit_window",): False,
    ("payload",): None,
    ("expect_plan",): None,
    ("default_run_properties", "run_policy"): None,
    ("default_run_properties", "alert"): None,
    ("default_run_properties", "analysis", "enabled"): True,
    ("default_run_properties", "analysis", "blocked"): True,
}
"""Fields whose effect does not exist yet, with the only value that they take."""


def unbuilt_faults(request: BackfillRequest) -> Iterator[FieldFault]:
    """The fields that ask for more than there is."""
    for path, only in NOT_BUILT.items():
        found = attrgetter(".".join(map(str, path)))(request)
        if found != only:
            yield FieldFault(path, shown(found), only_value(only))


def only_value(only: object) -> str:
    """What a field without an effect takes, in the words of a fault."""
    return f"{'to be left out' if only is None else shown(only)}; nothing else is built yet"
