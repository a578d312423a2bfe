"""What is shown after a restart is what was shown before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from interfaces.http.site import Site, open_site
from sqlalchemy import create_engine, text


def everything(site: Site, backfill: int) -> Any:
    """All that is shown of a backfill."""
    base = f"/v1/backfills/{backfill}"
    return {
        "backfill": site.get(base),
        "listed": [item for item in site.pages("/v1/backfills") if item["id"] == backfill],
        "runs": site.pages(f"{base}/runs"),
        "instances": site.pages(f"{base}/task_instances", limit=7),
        "failures": site.get(f"{base}/failures"),
    }


def test_what_is_done_stays_as_it_was(tmp_path: Path) -> None:
    """A daemon that never knew a backfill in memory shows it as the one that ran it, also dates that never began."""
    with open_site(tmp_path) as site:
        succeeded = site.submit("extract", "often", days=3)
        held = site.submit("picky", "after_picky", days=4, gate="nowhere")
        site.stands(succeeded, "succeeded")
        site.stands(held, "failed")
        cancelled = site.submit("hold", "load", days=4, gate="never")
        site.post(f"/v1/backfills/{cancelled}/cancel")
        site.stands(cancelled, "cancelled")
        before = [everything(site, each) for each in (succeeded, held, cancelled)]
    assert before[1]["backfill"]["runs"] == {"failed": 1, "queued": 3}
    assert before[2]["backfill"]["counts"]["cancelled"] == before[2]["backfill"]["instances"]
    with open_site(tmp_path) as site:
        assert [everything(site, each) for each in (succeeded, held, cancelled)] == before


def test_a_rerun_of_what_the_engine_has_forgotten(tmp_path: Path) -> None:
    """After a restart a failed backfill runs again from failure, and is shown by the engine once more."""
    with open_site(tmp_path) as site:
        backfill = site.submit("picky", days=2, gate="after-restart")
        site.stands(backfill, "failed")
    with open_site(tmp_path) as site:
        site.gate("after-restart").touch()
        site.post(f"/v1/backfills/{backfill}/rerun")
        assert site.stands(backfill, "succeeded")["runs"] == {"succeeded": 2}


def test_a_plan_that_has_changed(tmp_path: Path) -> None:
    """A backfill whose plan is no longer the accepted one is paused; only what has rows is listed."""
    with open_site(tmp_path) as site:
        backfill = site.submit("hold", "load", days=3, gate="changed")
        site.until(f"/v1/backfills/{backfill}", lambda it: it["counts"]["running"] == 1)
    engine = create_engine(f"sqlite:///{tmp_path / 'backfilld.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE backfill SET plan_hash = 'another'"))
    engine.dispose()
    with open_site(tmp_path) as site:
        shown = site.get(f"/v1/backfills/{backfill}")
        assert (shown["status"], shown["runs"]) == ("paused", {"paused": 3})
        assert sum(shown["counts"].values()) == shown["instances"] == 6
        items = site.pages(f"/v1/backfills/{backfill}/task_instances", limit=1)
        assert [item["task"] for item in items] == ["hold", "load"]
        assert site.http.get(f"/v1/task_instances/{items[0]['id'] + 2**20}").status_code == 404
        site.gate("changed").touch()
