"""Lines that the attempts of runs have written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from interfaces.vendors.prefect.calling import PrefectCaller

from backfilld.interfaces.vendors.prefect.searching import searches


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


def test_lines_of_a_log_are_searched(prefect: PrefectCaller) -> None:
    """For words and phrases in a line or in the name of its task; a task run has none."""
    gate = prefect.gate()
    run = prefect.make(parameters={"gate": gate, "day": "7"})["id"]
    Path(gate).touch()
    prefect.until(run, "COMPLETED")

    def lines(query: str) -> list[str]:
        wanted = {"flow_run_id": {"any_": [run]}, "task_run_id": {"any_": None}, "text": {"query": query}}
        return [line["message"] for line in prefect.post("/logs/filter", {"logs": wanted, "offset": None})]

    assert lines("AFTER") == lines("-day") == ["done"]
    assert lines("day nobody") == lines('+"day 7"') == ["day 7"]
    assert lines("  ") == ["day 7", "done"]
    of_task = {"flow_run_id": {"any_": [run]}, "task_run_id": {"any_": [run]}}
    assert prefect.http.post("/logs/filter", json={"logs": of_task}).status_code == 422


TERMS = st.text(st.sampled_from("ab "), min_size=1, max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["", "+", "-", "!"]), TERMS)), st.text(st.sampled_from("ABab "), max_size=8))
def test_terms_are_what_they_say(terms: list[tuple[str, str]], text: str) -> None:
    """One of those without a sign, all with a plus, none with a minus or an exclamation mark."""
    query = " ".join(f'{sign}"{term}"' for sign, term in terms)
    has = {sign: [term in text.lower() for each, term in terms if each == sign] for sign in ("", "+", "-", "!")}
    assert searches(query)(text) == ((not has[""] or any(has[""])) and all(has["+"]) and not any(has["-"] + has["!"]))


def test_signs_of_nothing_mean_nothing() -> None:
    """So does a text of blanks; a quotation mark can be searched for."""
    assert searches("- + !")("any")
    assert searches(" ")("any")
    assert searches(r'"say \"no\""')('say "no"')
