"""One line a request: who asked what, and how it went; and no secret in any line."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import httpx
import pytest
from interfaces.http.site import PATIENCE, TOKEN, Site

from backfilld.daemon.logs import tell_request

ASKING = "backfilld.interfaces.http.asking"
GUESS = "bf_a-token-that-nobody-has"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every line of every logger, as a daemon at the level `debug` has it."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(tell_request)
    yield caplog
    caplog.handler.removeFilter(tell_request)


def line_of(lines: pytest.LogCaptureFixture, answer: httpx.Response) -> logging.LogRecord:
    """The line about a request, which is written when its answer is out."""
    number, deadline = answer.headers["x-request-id"], time.monotonic() + PATIENCE
    while True:
        for each in list(lines.records):
            if each.name == ASKING and vars(each)["request"] == number:
                return each
        assert time.monotonic() < deadline, number
        time.sleep(0.01)


def test_a_line_says_who_asked_what(site: Site, lines: pytest.LogCaptureFixture) -> None:
    """Method, path without its query, status, time, caller and the id that the answer told."""
    answer = site.http.get("/v1/backfills", params={"limit": "3"})
    line = line_of(lines, answer)
    told = vars(line)
    assert (told["method"], told["path"], told["status"]) == ("GET", "/v1/backfills", 200)
    assert told["ms"] >= 0
    assert (told["caller"], told["address"]) == ("local", "127.0.0.1")
    assert line.levelno == logging.INFO


def test_a_login_is_told_by_name_alone(site: Site, lines: pytest.LogCaptureFixture) -> None:
    """Who begins a session is named; neither their token nor the session's word is in any line of ours."""
    page = {"X-Backfill-Page": "1", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=site.http.base_url, trust_env=False) as browser:
        answer = browser.post("/v1/session", json={"token": TOKEN}, headers=page)
    assert vars(line_of(lines, answer))["caller"] == "local"
    (word,) = browser.cookies.values()
    ours = [str(vars(each)) for each in lines.records if each.name.startswith("backfilld")]
    assert ours
    assert not [line for line in ours if TOKEN in line or word in line]


def test_an_id_of_the_caller(site: Site, lines: pytest.LogCaptureFixture) -> None:
    """An id that the caller gives is kept where it is well-formed; any other is replaced."""
    kept = site.http.get("/v1/backfills/999999999", headers={"X-Request-Id": "mine-17"})
    assert (kept.headers["x-request-id"], kept.json()["request_id"]) == ("mine-17", "mine-17")
    replaced = site.http.get("/v1/backfills", headers={"X-Request-Id": "two words"})
    assert replaced.headers["x-request-id"] != "two words"
    assert line_of(lines, kept)


def test_health_is_asked_quietly(site: Site, lines: pytest.LogCaptureFixture) -> None:
    """What a supervisor asks every few seconds is told at the level `debug` alone."""
    answer = site.http.get("/healthz")
    line = line_of(lines, answer)
    assert line.levelno == logging.DEBUG


def test_a_path_stays_in_its_line(site: Site, lines: pytest.LogCaptureFixture) -> None:
    """An end of line in a path is told as it was sent."""
    answer = site.http.get("/v1/x%0aERROR%20forged")
    line = line_of(lines, answer)
    assert line.getMessage().startswith("GET /v1/x%0aERROR%20forged: 404 in ")


@pytest.mark.parametrize("shown", [f"Bearer {GUESS}", f"bearer {TOKEN}", f"Basic {GUESS}"])
def test_no_token_in_any_line(site: Site, lines: pytest.LogCaptureFixture, shown: str) -> None:
    """Whatever is shown, good or guessed, in whatever place, no line has it."""
    for path in ("/v1/backfills", "/v1/nothing", "/metrics"):
        site.http.get(path, headers={"Authorization": shown}, params={"token": GUESS})
    line_of(lines, site.http.post("/v1/plans", headers={"Authorization": shown}, content=b"\xff"))
    made = site.http.post("/v1/tokens", json={"name": "ci", "scope": "read"}).json()["token"]
    line_of(lines, site.http.get("/v1/backfills", headers={"Authorization": f"Bearer {made}"}))
    told = [f"{each.getMessage()} {vars(each)}" for each in lines.records if each.name.startswith("backfilld")]
    assert told
    assert not [each for each in told for secret in (TOKEN, GUESS, made) if secret in each]
