"""Lines that the attempts of runs have written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from interfaces.vendors.prefect.calling import PrefectCaller


def test_lines_of_a_log_are_chosen(prefect: PrefectCaller) -> None:
    """By their times, both ends included; in either order; page by page."""
    gate = prefect.gate()
    run = prefect.make(parameters={"gate": gate, "day": "7"})["id"]
    Path(gate).touch()
    prefect.until(run, "COMPLETED")

    def lines(timestamp: Any = None, **more: Any) -> list[tuple[str, str]]:
        asked = {"logs": {"flow_run_id": {"any_": [run]}, "timestamp": timestamp}, **more}
        return [(line["message"], line["timestamp"]) for line in prefect.post("/logs/filter", asked)]

    first, last = lines()
    assert (first[0], last[0]) == ("day 7", "done")
    assert lines(sort="TIMESTAMP_DESC") == [last, first]
    assert lines(sort="TIMESTAMP_DESC", offset=1) == lines(limit=1) == [first]
    assert lines(offset=1) == lines({"after_": last[1]}) == [last]
    assert lines({"before_": first[1]}) == [first]
    assert lines({"after_": first[1], "before_": last[1]}, offset=2) == []
