"""What is streamed leads to what is stored, and only those hear of it who may."""

from __future__ import annotations

from typing import Any

import httpx
from interfaces.http.site import Site
from interfaces.http.streaming import Event, Heard, streaming

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
