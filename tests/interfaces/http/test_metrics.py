"""What a scrape gets: every promised figure, true to what happened, readable by Prometheus' own parser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from interfaces.http.site import Site
from prometheus_client.parser import text_string_to_metric_families

CONFIG = Path(__file__).parents[3] / "config" / "prometheus"
OF_PROMETHEUS = {"up"}
"""Names that no exporter has to give."""
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(site: Site) -> Samples:
    """Every sample, by name and labels."""
    answer = site.http.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(answer.text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def of(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"backfilld_{name}", frozenset(labels.items())]


def test_counts_follow_what_happens(site: Site) -> None:
    """Starts and ends grow by the attempts that were made; each end, start and round is in one place of a histogram."""
    before = scraped(site)
    site.stands(site.submit("silent", days=3), "succeeded")
    site.stands(site.submit("picky", gate="never"), "failed")
    after = scraped(site)
    for name, labels, least in (
        ("attempts_started_total", {}, 4),
        ("attempts_ended_total", {"outcome": "succeeded"}, 3),
        ("attempts_ended_total", {"outcome": "failed"}, 1),
        ("scheduling_seconds_count", {}, 4),
        ("round_seconds_count", {}, 1),
        ("store_commit_seconds_count", {}, 1),
    ):
        assert of(after, name, **labels) >= of(before, name, **labels) + least, name
    assert of(after, "scheduling_seconds_bucket", le="+Inf") == of(after, "scheduling_seconds_count")
    assert of(after, "ready") == 1
    assert 0 <= of(after, "event_loop_lag_seconds") < 60
    assert {"version", "catalog"} <= {
        key for (name, labels) in after if name == "backfilld_build_info" for key, _ in labels
    }


def test_what_runs_holds_slots(site: Site) -> None:
    """While an instance runs it is counted as running, with its slot, and its backfill by its word."""
    backfill = site.submit("hold", gate="metrics")
    site.stands(backfill, "running")
    seen = scraped(site)
    assert of(seen, "instances", state="running") >= 1
    assert of(seen, "backfills", status="running") >= 1
    assert 1 <= of(seen, "slots_taken", group="default") <= of(seen, "slots_total", group="default") == 4
    assert of(seen, "slots_reserved", group="default") == 0
    site.gate("metrics").touch()
    site.stands(backfill, "succeeded")


def test_windows_and_forecasts_of_open_backfills(site: Site) -> None:
    """A shut window reads 0; the end of a forecast is there once one was made; both go with their backfill."""
    policy = {"type": "Daily", "start_time": "00:00:00", "end_time": "00:00:01"}
    backfill = site.submit("hold", gate="window", run_policy=policy)
    made = site.get(f"/v1/backfills/{backfill}/forecast")
    seen = scraped(site)
    assert of(seen, "window_open", backfill=str(backfill)) == 0
    ends = made["courses"][0]
    for pace in ("p50", "p90"):
        given = ("backfilld_forecast_end_timestamp_seconds", frozenset({("backfill", str(backfill)), ("pace", pace)}))
        assert (given in seen) is (ends[pace]["end"] is not None)
    site.post(f"/v1/backfills/{backfill}/cancel")
    site.until(
        "/readyz", lambda _: ("backfilld_window_open", frozenset({("backfill", str(backfill))})) not in scraped(site)
    )


def rules() -> list[dict[str, Any]]:
    found = yaml.safe_load((CONFIG / "alerts.yml").read_text())
    return [rule for group in found["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_rules_ask_for_what_is_there(site: Site, rule: dict[str, Any]) -> None:
    """Every name in an example rule, and every label's value, is one that a scrape brings or Prometheus has itself."""
    told = site.http.get("/metrics").text
    asked = set(re.findall(r"\b(?:backfilld|process)_\w+|\bup\b", rule["expr"])) - OF_PROMETHEUS
    names = {name for name, _ in scraped(site)} | {each.name for each in text_string_to_metric_families(told)}
    assert asked <= names
    for label, values in re.findall(r'(outcome|state|pace)=~?"([^"]+)"', rule["expr"]):
        assert all(f'{label}="{value}"' in told for value in values.split("|")) or label == "pace"
    assert {"summary", "description"} <= rule["annotations"].keys()


@pytest.mark.parametrize(("projects", "status"), [(None, 200), (["shop"], 403)])
def test_who_sees_some_projects_sees_no_figures(site: Site, projects: list[str] | None, status: int) -> None:
    """A token that may only look is enough, unless it is for some projects only: figures are of all of them."""
    asked = {"name": "scraper", "scope": "read"} | ({} if projects is None else {"projects": projects})
    token = site.http.post("/v1/tokens", json=asked).json()["token"]
    assert site.http.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == status


def test_the_scrape_example(site: Site) -> None:
    """It asks with a token, at the daemon's usual port; without one nothing is told."""
    (job,) = yaml.safe_load((CONFIG / "scrape.yml").read_text())["scrape_configs"]
    assert job["authorization"]["type"] == "Bearer"
    assert job["static_configs"][0]["targets"] == ["127.0.0.1:8732"]
    assert site.http.get("/metrics", headers={"Authorization": ""}).status_code == 401
    assert site.http.get("/metrics", params={"x": "1"}).status_code == 422
