"""The whole matrix on a real daemon: each cell is asked of a run of its own."""

from __future__ import annotations

import json
from pathlib import Path

from interfaces.vendors.prefect.calling import ON_CALL, PrefectCaller

MATRIX = json.loads((Path(__file__).parent / "transition_matrix.json").read_text())
TYPES = MATRIX["columns"]
SLOTS = 4


def test_every_cell(prefect: PrefectCaller) -> None:
    """From each type to each, without force: what is answered, and the state that the run has then, and afterwards."""
    busy = [prefect.make()["id"] for _ in range(SLOTS)]  # nothing else starts: runs stay as they are told to
    for each in busy:
        prefect.until(each, "RUNNING")
    asked = [(was, to) for was in TYPES for to in TYPES]
    made = prefect.post(
        f"/deployments/{ON_CALL}/create_flow_run/bulk",
        [{"name": f"{was}-{to}", "tags": ["matrix"], "parameters": {"gate": prefect.gate()}} for was, to in asked],
    )["results"]
    runs = {cell: each["flow_run_id"] for cell, each in zip(asked, made, strict=True)}
    try:
        for was in TYPES:
            set_up = prefect.bulk({"type": was}, {"id": {"any_": [runs[was, to] for to in TYPES]}}, force=True)
            assert {(each["status"], each["state"]["type"]) for each in set_up} == {("ACCEPT", was)}
        found = {}
        for to in TYPES:
            ids = {runs[was, to]: (was, to) for was in TYPES}
            for each in prefect.bulk({"type": to}, {"id": {"any_": list(ids)}}):
                found[ids[each["flow_run_id"]]] = [each["status"], each["state"]["type"]]
                assert each["details"]["type"] == f"{each['status'].lower()}_details"
        assert found == {(was, to): MATRIX["with_deployment"][was][to] for was, to in asked}
        listed = prefect.post("/flow_runs/filter", {"flow_runs": {"tags": {"any_": ["matrix"]}}})
        assert {run["name"]: run["state_type"] for run in listed} == {
            f"{was}-{to}": state for (was, to), (_, state) in found.items()
        }
    finally:
        while prefect.post("/flow_runs/bulk_delete", {"flow_runs": {"tags": {"any_": ["matrix"]}}})["deleted"]:
            pass
        prefect.bulk({"type": "CANCELLED"}, {"id": {"any_": busy}}, force=True)
