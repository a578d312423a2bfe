"""All doors, in the order in which they are asked whether a request is meant for them."""

from __future__ import annotations

from backfilld.interfaces.http.doors.doors import Door

DOORS: tuple[Door, ...] = ()
"""Datadog's `/api/v2/` stands before Prefect's `/api/`."""
