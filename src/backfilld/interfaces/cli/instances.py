"""Task instances as people name them: by id, or by backfill, task and date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

import typer

from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.interfaces.cli.client import Daemon, View

Instance = Annotated[
    str, typer.Argument(metavar="INSTANCE", help="Its id; or BACKFILL/TASK/DATE, and /HH:MM for one cycle (UTC).")
]
_ID = re.compile(r"[0-9]{1,19}")
_ADDRESS = re.compile(r"(?P<backfill>\d+)/(?P<task>.+)/(?P<day>\d{4}-\d\d-\d\d)(?:/(?P<hour>\d\d:\d\d))?")
_FORM = "an id, or BACKFILL/TASK/DATE such as 12/extract/2013-01-05, with /HH:MM (UTC) where it has several cycles"


def id_of(text: str) -> int | None:
    """The number that a text is, where it can be an id."""
    return int(text) if _ID.fullmatch(text) else None


def instance_of(daemon: Daemon, address: str) -> int:
    """The id of the instance at an address; raises `NotFound`, and `InvalidRequest` where that is none or several."""
    if (number := id_of(address)) is not None:
        return number
    if not (parts := _ADDRESS.fullmatch(address)):
        raise InvalidRequest([Fault("INSTANCE", address, _FORM)])
    found = [each for each in _named(daemon, parts) if (parts["hour"] or "") in each["cycle_time"]]
    if not found:
        raise NotFound("task instance", address)
    if len(found) > 1:
        cycles = ", ".join(f"{each['cycle_time'][11:16]} ({each['state']})" for each in found)
        raise InvalidRequest(
            [Fault("INSTANCE", address, f"one of its {len(found)} cycles, as {address}/HH:MM: {cycles}")]
        )
    return int(found[0]["id"])


def _named(daemon: Daemon, parts: re.Match[str]) -> Iterator[View]:
    for run in daemon.items(f"/v1/backfills/{parts['backfill']}/runs"):
        if run["bizdate"] == parts["day"]:
            yield from daemon.items(
                f"/v1/backfills/{parts['backfill']}/task_instances", run=run["id"], task=parts["task"]
            )
