"""What is streamed leads to what is stored, and only those hear of it who may."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest
from interfaces.http.site import PATIENCE, Site, served
from interfaces.http.streaming import Event, Heard, streaming

from backfilld.interfaces.http.events import PING
from backfilld.interfaces.http.hub import QUEUE, Line, Told, told
from backfilld.interfaces.http.rates import RateLimits
from backfilld.interfaces.http.stream import talk
from backfilld.service.access import ITSELF, Caller, Scope
from backfilld.service.feed import Subscription
from backfilld.service.news import Counts, Status
from backfilld.service.tokens import NewToken

LOUD = "".join(f"{n}\n" for n in range(10_000, 100_000))


def stored_bytes(site: Site, backfill: int) -> bytes:
    """What the store has, run by run."""
    return b"".join(map(site.services.store.state_bytes, site.services.store.backfill(backfill).runs))


def applied(states: bytearray, version: int, events: list[Event]) -> bytes:
    """A grid of a version with the deltas that are newer."""
    for event in events:
        if event.name == "delta" and event.data["version"] > version:
            for place, byte in zip(event.data["index"], event.data["state"], strict=True):
                states[place] = byte
    return bytes(states)


def fetched(site: Site, backfill: int) -> tuple[bytearray, int]:
    answer = site.http.get(f"/v1/backfills/{backfill}/grid")
    assert answer.status_code == 200, answer.text
    return bytearray(answer.content), int(answer.headers["x-version"])


def ended(event: Event) -> bool:
    return event.name == "status" and event.data["status"] in ("succeeded", "failed")


def heard_to_the_end(heard: Heard) -> None:
    """Until the backfill has ended: its last bytes come in the same batch as the word, or before."""
    heard.until(ended)


def test_the_grid_and_its_deltas(site: Site) -> None:
    """Who opens the stream first and then fetches the grid has what is stored, when all is over."""
    backfill = site.submit("hold", "hourly", "load", days=2, gate="of-the-stream")
    with streaming(site.http, f"backfill:{backfill}") as heard:
        assert heard.named("status", backfill=backfill).data["version"] > 0
        states, version = fetched(site, backfill)
        site.gate("of-the-stream").write_text("open")
        heard_to_the_end(heard)
    assert applied(states, version, heard.events) == stored_bytes(site, backfill)
    last = [event for event in heard.events if event.name == "delta"][-1]
    shown = site.get(f"/v1/backfills/{backfill}")
    assert last.data["counts"] == shown["counts"]
    assert heard.response.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in heard.response.headers


def test_coming_back(site: Site) -> None:
    """A client that says where it broke off hears what it missed, once, and needs no other grid."""
    backfill = site.submit("hold", "hourly", gate="of-coming-back")
    with streaming(site.http, f"backfill:{backfill}") as first:
        first.named("status")
        states, version = fetched(site, backfill)
        site.gate("of-coming-back").write_text("open")
        first.named("delta")
        place = first.place()
    site.stands(backfill, "succeeded")
    with streaming(site.http, f"backfill:{backfill}", place) as second:
        second.until(ended)
    assert applied(states, version, first.events + second.events) == stored_bytes(site, backfill)
    assert not [event for event in second.events if event.name == "resync"]


def test_coming_back_too_late(site: Site) -> None:
    """Who missed what is not remembered is told to look anew: also with an id of an earlier daemon."""
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")
    with streaming(site.http, f"list,backfill:{backfill}", "17") as heard:
        assert heard.named("resync", backfill=backfill).data["reason"]
        assert heard.named("resync", backfill=None).data["version"] > 17


def test_the_list(site: Site) -> None:
    """A list hears of each backfill that stands otherwise now, with all of its counts."""
    with streaming(site.http, "list") as heard:
        backfill = site.submit("silent", days=3)
        last = heard.named("counts", backfill=backfill, status="succeeded")
    shown = site.get(f"/v1/backfills/{backfill}")
    assert (last.data["counts"], last.data["runs"]) == (shown["counts"], shown["runs"])
    assert {event.name for event in heard.events} == {"counts"}


def test_a_log_that_grows(site: Site) -> None:
    """Text comes as it is written, each piece where the one before it ended, and the last says that it was the last."""
    backfill = site.submit("hold", "load", gate="of-the-log")
    site.gate("of-the-log").write_text("first\nsécond\n")
    site.stands(backfill, "succeeded")
    instance = site.instance(backfill, "load")["id"]
    with streaming(site.http, f"log:{instance}/1") as heard:
        logs = heard.rest()
    assert "".join(event.data["text"] for event in logs) == "first\nsécond\n"
    assert [event.data["end"] for event in logs] == [False] * (len(logs) - 1) + [True]
    with streaming(site.http, f"log:{instance}/1@-3") as heard:
        assert "".join(event.data["text"] for event in heard.rest()) == "nd\n"
    with streaming(site.http, f"log:{instance}/1", heard.last_id) as heard:
        assert [event.data["text"] for event in heard.rest()] == [""]


def test_a_long_log(site: Site) -> None:
    """Pieces of 64 KiB at most, without a gap; as plain text it comes as it was written."""
    backfill = site.submit("loud")
    site.stands(backfill, "succeeded")
    instance = site.instance(backfill, "loud")["id"]
    with streaming(site.http, f"log:{instance}/1") as heard:
        logs = heard.rest()
    assert "".join(event.data["text"] for event in logs) == LOUD
    assert max(len(event.data["text"]) for event in logs) <= 64 * 1024
    assert [event.data["offset"] for event in logs[1:]] == [event.data["next"] for event in logs[:-1]]
    log = f"/v1/task_instances/{instance}/log"
    assert site.http.get(log, params={"follow": True}).text == LOUD
    assert site.http.get(log, params={"follow": True, "from": -6}).text == LOUD[-6:]


def test_following_to_the_end(site: Site) -> None:
    """Who follows the log of an attempt that runs is answered until it has ended, and no longer."""
    backfill = site.submit("hold", "load", gate="of-following")
    running = site.until(
        f"/v1/backfills/{backfill}/task_instances", lambda page: page["items"][0]["state"] == "running"
    )
    log = f"/v1/task_instances/{running['items'][0]['id']}/log"
    with site.http.stream("GET", log, params={"follow": True}) as response:
        site.gate("of-following").write_text("open")
        assert response.read() == b""
    site.stands(backfill, "succeeded")


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ({"topics": ""}, {}),
        ({"topics": "list,lists"}, {}),
        ({"topics": "backfill:"}, {}),
        ({"topics": "backfill:01"}, {}),
        ({"topics": "log:5"}, {}),
        ({"topics": "log:5/1@"}, {}),
        ({"topics": ",".join(["list"] * 33)}, {}),
        ({"topics": "list"}, {"Last-Event-ID": "yesterday"}),
        ({"topics": "list"}, {"Last-Event-ID": "7:1"}),
        ({}, {}),
    ],
)
def test_bad_topics(site: Site, query: dict[str, str], headers: dict[str, str]) -> None:
    """What is no topic is refused, and so is an id that no stream of these topics sent."""
    answer = site.http.get("/v1/stream", params=query, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"]


@pytest.mark.parametrize("topics", ["backfill:999999", "log:5/1", "list,backfill:999999"])
def test_unknown_topics(site: Site, topics: str) -> None:
    """What is not there cannot be listened to."""
    answer = site.http.get("/v1/stream", params={"topics": topics})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def bearer(site: Site, **asked: Any) -> tuple[str, httpx.Client]:
    """The id of a new token that may only read, and a client that shows it."""
    made = site.http.post("/v1/tokens", json={"name": "onlooker", "scope": "read", **asked}).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    client = httpx.Client(base_url=site.http.base_url, headers=headers, timeout=PATIENCE, trust_env=False)
    return made["id"], client


def test_what_is_not_seen_is_not_told(site: Site) -> None:
    """Who sees other projects cannot listen to a backfill or a log of this one, and hears of none in the list."""
    token = site.services.tokens.issue(NewToken("stranger", Scope.READ, frozenset({8})), ITSELF).text
    stranger = Caller("stranger", Scope.READ, frozenset({8}), "")
    counts = Counts(1, 1, 7, "running", (0,) * 9, {})
    line = Line(Subscription(frozenset(), True, print), stranger)
    line.take([Told(counts, b"of project 7"), Told(replace(counts, project=8), b"of project 8")])
    assert line.sent() == [b"of project 8"]
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")
    instance = site.instance(backfill, "silent")["id"]
    for topics in (f"backfill:{backfill}", f"log:{instance}/1", f"list,backfill:{backfill}"):
        headers = {"Authorization": f"Bearer {token}"}
        assert site.http.get("/v1/stream", params={"topics": topics}, headers=headers).status_code == 404


def test_a_token_that_is_taken_back(site: Site) -> None:
    """Its stream tells nothing more, and ends."""
    token, client = bearer(site)
    with client, streaming(client, "list") as heard:
        first = site.submit("silent")
        heard.named("counts", backfill=first)
        site.http.delete(f"/v1/tokens/{token}")
        second = site.submit("silent")
        assert second not in {event.data["backfill"] for event in heard.rest()}


def test_as_much_as_somebody_may_follow(site: Site) -> None:
    """A stream counts, and each log; past the limit the answer says when to ask again, and who leaves makes room."""
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")
    log = f"log:{site.instance(backfill, 'silent')['id']}/1"
    headers = {"Authorization": site.http.headers["Authorization"]}
    with (
        served(site.services, RateLimits(token_streams=3)) as url,
        httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False) as client,
        streaming(client, "list"),
    ):
        with streaming(client, f"list,{log}"):
            for path, query in (("stream", {"topics": "list"}), (log_of(log), {"follow": "true"})):
                refused = client.get(f"/v1/{path}", params=query)
                assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
                assert refused.headers["retry-after"] == "10"
        deadline = time.monotonic() + PATIENCE
        while client.get(f"/v1/{log_of(log)}", params={"follow": "true"}).status_code == 429:
            assert time.monotonic() < deadline  # that a client has gone is heard a little later


def log_of(topic: str) -> str:
    """The path of the log of a topic."""
    return f"task_instances/{topic.removeprefix('log:').partition('/')[0]}/log"


def test_a_slow_client() -> None:
    """What waits for it is bounded: past that it is told to look anew, and goes on from there."""
    line = Line(Subscription(frozenset({5}), True, print), ITSELF)
    for version in range(1, QUEUE + 3):
        line.take(told([Status(5, version, "running")]))
    waiting = b"".join(line.sent())
    assert waiting.count(b"event: resync") == 2
    assert [number for number in range(1, QUEUE + 3) if b'"version":%d,' % number in waiting] == [QUEUE + 1, QUEUE + 2]


class Leaping(asyncio.SelectorEventLoop):
    """Whoever waits on it does not: its time is at once what it would be then."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._selector.select = self._leap  # type: ignore[attr-defined]

    def _leap(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "it would wait for ever"
        self._now += timeout
        return []

    def time(self) -> float:
        return self._now


def test_silence() -> None:
    """While nothing happens a comment comes every 15 seconds, and nothing else."""

    async def listened() -> list[tuple[float, bytes]]:
        line, loop = Line(Subscription(frozenset({5}), False, print), ITSELF), asyncio.get_running_loop()
        line.version = 7
        sent = []
        async for part in talk(line, (), lambda: loop.time() < 50):
            sent.append((loop.time(), part))
        return sent

    loop = Leaping()
    try:
        assert loop.run_until_complete(listened()) == [(0, b"id: 7\n\n"), *((at, PING) for at in (15, 30, 45))]
    finally:
        loop.close()
