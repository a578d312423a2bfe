"""Logs by byte range, as RFC 9110 has it, with a hole that is told."""

from __future__ import annotations

import re

import pytest
from interfaces.http.site import Site

NUMBERS = "".join(f"{n}\n" for n in range(1000, 10_000)).encode()
LOUD = "".join(f"{n}\n" for n in range(10_000, 100_000)).encode()


@pytest.fixture(scope="module")
def logs(site: Site) -> dict[str, str]:
    """Where the logs of some tasks are, after they ran."""
    backfill = site.submit("extract", "numbers", "loud", "silent")
    site.stands(backfill, "succeeded")
    items = site.get(f"/v1/backfills/{backfill}/task_instances")["items"]
    return {item["task"]: f"/v1/task_instances/{item['id']}/log" for item in items}


def test_a_whole_log(site: Site, logs: dict[str, str]) -> None:
    """Without a range all of it comes, as text, long or short."""
    short = site.http.get(logs["extract"])
    assert (short.status_code, short.content) == (200, b"extract 20240101\n")
    assert short.headers["content-type"] == "text/plain; charset=utf-8"
    assert short.headers["accept-ranges"] == "bytes"
    assert "x-log-hole" not in short.headers
    assert site.http.get(logs["loud"]).content == LOUD
    assert site.http.get(logs["silent"]).content == b""


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=8-15", 8, 15),
        ("bytes=8-", 8, 16),
        ("bytes=-5", 12, 16),
        ("bytes=-99", 0, 16),
        ("bytes=10-99", 10, 16),
    ],
)
def test_a_range(site: Site, logs: dict[str, str], asked: str, first: int, last: int) -> None:
    """Both ends included; what lies past the end is not missed."""
    answer = site.http.get(logs["extract"], headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == b"extract 20240101\n"[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/17"


@pytest.mark.parametrize("asked", ["bytes=17-", "bytes=99-100", "bytes=-0"])
def test_a_range_with_nothing_in_it(site: Site, logs: dict[str, str], asked: str) -> None:
    """416 tells the size: who follows a log asks again from there."""
    answer = site.http.get(logs["extract"], headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */17")
    nothing = site.http.get(logs["silent"], headers={"Range": "bytes=0-"})
    assert (nothing.status_code, nothing.headers["content-range"]) == (416, "bytes */0")


def test_the_end_of_an_empty_log(site: Site, logs: dict[str, str]) -> None:
    """The last bytes of nothing are nothing: no fault."""
    answer = site.http.get(logs["silent"], headers={"Range": "bytes=-65536"})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("asked", ["bytes=5-2", "lines=0-1", "bytes=0-1,3-4", "bytes=-", "bytes=a-b", "5"])
def test_a_range_that_is_none(site: Site, logs: dict[str, str], asked: str) -> None:
    """A malformed range, another unit, or several ranges: the whole log."""
    answer = site.http.get(logs["extract"], headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, b"extract 20240101\n")


def test_a_hole(site: Site, logs: dict[str, str]) -> None:
    """Where the middle was cut out, the header tells it, the whole is what is left, and offsets are as they were."""
    whole = site.http.get(logs["numbers"])
    start, end = map(int, whole.headers["x-log-hole"].split("-"))
    assert 0 < start < end < len(NUMBERS)
    assert whole.content == NUMBERS[:start] + NUMBERS[end:]
    assert len(whole.content) < len(NUMBERS) / 2


def test_ranges_round_a_hole(site: Site, logs: dict[str, str]) -> None:
    """A range ends before the hole or begins behind it, says so, and never makes up what is gone."""
    start, end = map(int, site.http.get(logs["numbers"]).headers["x-log-hole"].split("-"))
    size = len(NUMBERS)
    for asked, first, last in [
        (f"bytes={start - 10}-{end + 10}", start - 10, start - 1),
        (f"bytes={start + 10}-{end + 9}", end, end + 9),
        (f"bytes={start}-", end, size - 1),
        (f"bytes=-{size - start - 1}", end, size - 1),
    ]:
        answer = site.http.get(logs["numbers"], headers={"Range": asked})
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert answer.content == NUMBERS[first : last + 1]
    inside = site.http.get(logs["numbers"], headers={"Range": f"bytes={start}-{end - 1}"})
    assert (inside.status_code, inside.headers["content-range"]) == (416, f"bytes */{size}")


def test_following_from_range_to_range(site: Site, logs: dict[str, str]) -> None:
    """Asking on from where the last answer ended gives everything that is there, once."""
    found, offset = b"", 0
    while True:
        answer = site.http.get(logs["numbers"], headers={"Range": f"bytes={offset}-{offset + 4999}"})
        if answer.status_code == 416:
            hole = re.fullmatch(r"(\d+)-(\d+)", answer.headers["x-log-hole"])
            if offset == len(NUMBERS) or not hole:
                break
            offset = int(hole[2])
            continue
        found += answer.content
        offset = int(answer.headers["content-range"].split("-")[1].split("/")[0]) + 1
    assert found == site.http.get(logs["numbers"]).content


def test_the_log_of_an_attempt(site: Site) -> None:
    """Each attempt has its log; without a number it is the last one's."""
    backfill = site.submit("picky", gate="log-gate")
    site.stands(backfill, "failed")
    site.gate("log-gate").touch()
    site.post(f"/v1/backfills/{backfill}/rerun")
    site.stands(backfill, "succeeded")
    instance = site.get(f"/v1/task_instances/{site.instance(backfill, 'picky')['id']}")
    log = f"/v1/task_instances/{instance['id']}/log"
    for number in (1, 2):
        assert site.http.get(log, params={"attempt": number}).text.startswith("looking for")
    assert site.http.get(log).text == site.http.get(log, params={"attempt": 2}).text
    missing = site.http.get(log, params={"attempt": 3})
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
