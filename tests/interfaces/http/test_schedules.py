"""Schedules over HTTP: what they are, when they fire, and what operators can do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from interfaces.http.site import Site
from interfaces.http.test_problems import check
from pydantic import TypeAdapter

from backfilld.interfaces.http.schedules import MomentList, ScheduleList
from backfilld.interfaces.schedule_view import WholeScheduleView

NIGHTLY = "/v1/schedules/nightly"


def fired(site: Site) -> Any:
    """An operation that the schedule was made to begin, once it is completed."""
    answer = site.http.post(f"{NIGHTLY}/fire")
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/operations/{answer.json()['id']}"
    return site.until(answer.headers["Location"], lambda operation: operation["status"] == "completed")


def test_a_schedule_fires_when_it_is_told_to(site: Site) -> None:
    """Its request is accepted at once, with dates counted from now, under its name and the date; and it says so."""
    operation = fired(site)

    found = site.stands(operation["backfill_id"], "succeeded")
    today = datetime.now(UTC).date()
    last = site.get(NIGHTLY)["firings"][0]
    assert found["name"] == f"reload {last['moment']['local'][:10]}"
    assert found["schedule"] == "nightly"
    assert found["dates"]["last"] in {str(today - timedelta(days=1)), str(today - timedelta(days=2))}  # round midnight
    assert found["dates"]["count"] == 2
    assert (last["status"], last["backfill_id"], last["operation_id"]) == ("accepted", found["id"], operation["id"])
    assert (last["by"], last["reason"]) == ("local", None)


def test_every_firing_is_one_of_its_own(site: Site) -> None:
    """Fired twice, it asks twice; the latest is shown first."""
    first, second = fired(site)["backfill_id"], fired(site)["backfill_id"]

    assert second != first
    assert [each["backfill_id"] for each in site.get(NIGHTLY)["firings"][:2]] == [second, first]
    assert site.get("/v1/schedules")["items"][0]["last"]["backfill_id"] == second


def test_a_firing_that_is_refused_says_why(site: Site) -> None:
    """The caller learns every fault with its path, and the schedule remembers it."""
    problem = check(site.http.post("/v1/schedules/lost/fire"), 422, "invalid_request")

    (fault,) = problem["errors"]
    assert (fault["path"], fault["given"]) == ("default_run_properties.root_task_ids[0]", '"nobody"')
    last = site.get("/v1/schedules/lost")["firings"][0]
    assert (last["status"], last["backfill_id"], last["operation_id"]) == ("refused", None, None)
    assert "nobody" in last["reason"]


def test_pause_and_resume(site: Site) -> None:
    """Paused, it has no next time, and can still be fired; resumed, it has. Both are audited once."""
    began = max((each["id"] for each in site.get("/v1/audit", limit=1)["items"]), default=0)
    for _ in range(2):
        paused = site.post(f"{NIGHTLY}/pause")
    assert (paused["paused"], paused["next"]) == (True, None)
    assert paused["paused_at"] is not None
    site.stands(fired(site)["backfill_id"], "succeeded")
    resumed = site.post(f"{NIGHTLY}/resume")
    assert (resumed["paused"], resumed["paused_at"]) == (False, None)
    assert resumed["next"] == site.get(f"{NIGHTLY}/next", count=1)["items"][0]
    told = [each for each in site.get("/v1/audit")["items"] if each["id"] > began]
    assert [
        each["what"] for each in told if each["about"].get("schedule") == "nightly" and each["what"] != "fired"
    ] == ["resume", "pause"]


def test_when_it_fires_next(site: Site) -> None:
    """In universal time and on its own clock; five times unless it is said how many."""
    moments = site.get(f"{NIGHTLY}/next")["items"]

    year = int(moments[0]["local"][:4])
    assert moments[0] == {"utc": f"{year}-01-01T06:30:00Z", "local": f"{year}-01-01T01:30:00-05:00"}
    assert [each["utc"][:4] for each in moments] == [str(year + number) for number in range(5)]
    assert len(site.get(f"{NIGHTLY}/next", count=1000)["items"]) == 2200 - year
    check(site.http.get(f"{NIGHTLY}/next?count=1001"), 422, "invalid_request")
    check(site.http.get(f"{NIGHTLY}/next?cuont=1"), 422, "invalid_request")


def test_what_is_not_there(site: Site) -> None:
    """A name that no file has is nothing, for whatever is asked."""
    for path in ("", "/next"):
        check(site.http.get(f"/v1/schedules/nobody{path}"), 404, "not_found")
    for act in ("pause", "resume", "fire"):
        check(site.http.post(f"/v1/schedules/nobody/{act}"), 404, "not_found")


def test_answers_have_the_documented_form(site: Site) -> None:
    """Each passes its documented schema, and has no field beyond it."""
    fired(site)
    for form, value in [
        (ScheduleList, site.get("/v1/schedules")),
        (WholeScheduleView, site.get(NIGHTLY)),
        (MomentList, site.get(f"{NIGHTLY}/next")),
    ]:
        assert TypeAdapter(form).validate_python(value, strict=True) == value
    assert site.get(NIGHTLY)["request"]["periods"]["biz_dates"][0]["start_biz_date"] == "-2d"
