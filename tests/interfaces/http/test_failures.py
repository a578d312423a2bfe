"""What failed, in groups, from a whole daemon."""

from __future__ import annotations

from interfaces.http.site import Site

from backfilld.service.failures import FailuresOf


def test_one_error_on_many_dates(site: Site) -> None:
    """The same last line on three dates is one group; the file that is looked for makes another one."""
    backfill = site.submit("picky", "after_picky", days=3, gate="never-there", parallelism=3)
    site.stands(backfill, "failed")

    found = site.get(f"/v1/backfills/{backfill}/failures")
    (group,) = found["groups"]
    assert (group["count"], found["grouped"], found["total"], len(found["items"])) == (3, 3, 3, 3)
    assert group["tasks"] == [{"task": "picky", "count": 3}]
    assert group["dates"] == [{"first": "2024-01-01", "last": "2024-01-03"}]
    assert group["line"].startswith("looking for ")
    assert group["newest"] == found["items"][0]


def test_the_newest_first(site: Site) -> None:
    """Failures come newest first; no more are read than asked for, and all are counted."""
    request = site.request("picky", days=3, gate="never-there", parallelism=1) | {"on_failure": "Continue"}
    backfill = site.http.post("/v1/backfills", json=request).json()["backfill_id"]
    site.stands(backfill, "failed")

    services = site.services
    found = FailuresOf(services.store, services.views, services.executor, most=2).backfill(backfill)
    assert [each.instance.business_date.day for each in found.failures] == [3, 2]
    assert (sum(group.count for group in found.groups), found.total) == (2, 3)


def test_nothing_failed(site: Site) -> None:
    """Without failures there are no groups."""
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")

    assert site.get(f"/v1/backfills/{backfill}/failures") == {"items": [], "groups": [], "grouped": 0, "total": 0}
