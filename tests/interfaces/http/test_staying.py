"""Who waits for a forecast and goes is worked for no more."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import httpx
import pytest
from interfaces.http.site import PATIENCE, TOKEN, Site, served

from backfilld.errors import ForecastFailed
from backfilld.ports import Asker


class Endless:
    """Forecasts that are never done."""

    def __init__(self) -> None:
        self.begun, self.left = Event(), Event()

    def for_(self, caller: object) -> Endless:
        return self

    def of_request(self, document: object, variants: object, begin: object, asker: Asker) -> Any:
        return self.of_backfill(0, variants, asker)

    def of_backfill(self, backfill: int, variants: object, asker: Asker) -> Any:
        with asker.when_gone(self.left.set):
            self.begun.set()
            self.left.wait(PATIENCE)
        raise ForecastFailed("nobody waits for it any more")


def until(holds: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("asked", "body"), [("GET /v1/backfills/1/forecast", ""), ("POST /v1/forecasts", "{}")])
def test_whoever_is_gone_is_worked_for_no_more(
    site: Site, asked: str, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that closes its connection has left, with a body or without; that is no error, but no answer either."""
    caplog.set_level("INFO")
    endless: Any = Endless()
    with served(replace(site.services, forecasts=endless)) as url:
        at = httpx.URL(url)
        with socket.create_connection((at.host, at.port or 0), PATIENCE) as client:
            head = f"{asked} HTTP/1.1\r\nHost: {at.host}\r\nAuthorization: Bearer {TOKEN}\r\n"
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            assert endless.begun.wait(PATIENCE)
            assert not endless.left.is_set()
        assert endless.left.wait(PATIENCE)
        until(lambda: any(each.message.startswith(f"{asked}: 0 in ") for each in caplog.records))
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


def test_who_stays_is_told(site: Site) -> None:
    """A forecast that has failed for another reason is told as such."""
    endless: Any = Endless()
    endless.left.set()
    with served(replace(site.services, forecasts=endless)) as url:
        answer = httpx.post(
            f"{url}/v1/forecasts", json={}, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False
        )
    assert (answer.status_code, json.loads(answer.content)["code"]) == (503, "forecast_failed")
