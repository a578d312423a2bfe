"""Several daemons by name: which one is meant, and that each gets its own token and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from interfaces.cli.fake_daemon import TOKEN, Answer, FakeDaemon, problem
from interfaces.cli.running import environment
from typer.testing import CliRunner, Result

from backfilld.interfaces.cli.app import app


class Desk:
    """A user with a configuration folder of their own, a daemon here and others elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = environment(XDG_CONFIG_HOME=str(folder / "config"), XDG_STATE_HOME=str(folder / "none"), HOME="/x")

    def __call__(self, *arguments: str, **more: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=self.env | more, prog_name="backfill")

    def token(self, text: str = TOKEN) -> str:
        file = self.folder / "token"
        file.write_text(f"{text}\n")
        return str(file)

    def remembers(self, name: str, url: str) -> None:
        assert self("context", "add", name, "--url", url, "--token-file", self.token()).exit_code == 0


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_first_is_meant_at_once_and_any_by_name(desk: Desk, daemon: FakeDaemon) -> None:
    """A context is meant where none is named; --context, before the command or behind it, and its variable name one."""
    daemon.listing("/v1/backfills")
    desk.remembers("prod", daemon.url)
    desk.remembers("away", "http://127.0.0.1:1")
    assert desk("list", "--json").stdout == "[]\n"
    named = ("--context", "away")
    for found in (desk(*named, "list"), desk("list", *named), desk("list", BACKFILL_CONTEXT="away")):
        assert (found.exit_code, "(context away)" in found.stderr) == (3, True)
    assert desk("context", "use", "away").exit_code == 0
    assert desk("list").exit_code == 3
    assert desk("--context", "prod", "list").exit_code == 0
    listed = {each["name"]: each["current"] for each in json.loads(desk("context", "list", "--json").stdout)}
    assert listed == {"prod": False, "away": True}


def test_what_is_said_wins(desk: Desk, daemon: FakeDaemon) -> None:
    """An address or a state folder wins over the current context, and is refused with a context that is named."""
    daemon.listing("/v1/backfills")
    desk.remembers("away", "http://127.0.0.1:1")
    assert desk("list", "--state", str(daemon.state)).exit_code == 0
    assert desk("list", "--url", daemon.url, "--token", TOKEN).exit_code == 0
    both = desk("--context", "away", "list", BACKFILL_STATE=str(daemon.state))
    assert (both.exit_code, "without --url and --state" in both.stderr) == (2, True)


def test_forgotten_and_unknown(desk: Desk) -> None:
    """What is forgotten is unknown, and if it was the current one the daemon of this host is meant again."""
    desk.remembers("prod", "http://127.0.0.1:1")
    assert desk("context", "remove", "prod").exit_code == 0
    assert "endpoint.json" in desk("list").stderr
    for unknown in (("context", "use", "prod"), ("--context", "prod", "list"), ("context", "remove", "prod")):
        found = desk(*unknown)
        assert (found.exit_code, "given prod" in found.stderr) == (2, True)
    desk.remembers("prod", "http://127.0.0.1:1")
    assert desk("context", "use", "-").exit_code == 0
    assert "endpoint.json" in desk("list").stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("b@d", "--url", "ftp://x", "--token-file", "TOKEN"), ("NAME: given b@d", "--url: given ftp://x")),
        (("good", "--url", "http://[", "--token-file", "TOKEN"), ("--url: given http://[",)),
        (("good", "--url", "https://me:secret@x", "--token-file", "TOKEN"), ("--url: given https://me:***@x",)),
        (("good", "--url", "http://127.0.0.1:1", "--token-file", "/nowhere"), ("/nowhere cannot be read",)),
    ],
)
def test_what_makes_no_sense_is_not_remembered(desk: Desk, arguments: tuple[str, ...], told: tuple[str, ...]) -> None:
    """Every fault at once, and nothing is written."""
    found = desk("context", "add", *(desk.token() if each == "TOKEN" else each for each in arguments))
    assert found.exit_code in (2, 4)
    assert all(each in found.stderr for each in told)
    assert not (desk.folder / "config").exists()


def test_a_token_in_the_clear_is_pointed_out(desk: Desk) -> None:
    """Another host without TLS is remembered, with a word about it; so is none on this host."""
    for url, warned in (
        ("http://10.1.2.3:8732", True),
        ("https://10.1.2.3:8732", False),
        ("http://localhost:1", False),
    ):
        found = desk("context", "add", "prod", "--url", url, "--token-file", desk.token())
        assert (found.exit_code, "for all to read" in found.stderr) == (0, warned)


@pytest.mark.parametrize(
    "text", ["current = 1", "[contexts.a]\nurl = 'x'", "[contexts.a]\nurl='x'\ntoken_file='y'\nz=1", "["]
)
def test_a_file_that_makes_no_sense(desk: Desk, text: str) -> None:
    """It is named, with what it should hold; nothing is asked of any daemon."""
    file = desk.folder / "config" / "backfilld" / "contexts.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    found = desk("list")
    assert (found.exit_code, str(file) in found.stderr or "context: given 1" in found.stderr) == (2, True)


def test_a_password_in_an_address_is_not_shown(desk: Desk) -> None:
    """An address that was written into the file by hand may have one."""
    desk.remembers("prod", "http://127.0.0.1:1")
    file = desk.folder / "config" / "backfilld" / "contexts.toml"
    file.write_text(file.read_text().replace("127.0.0.1", "me:secret@127.0.0.1"))
    for words in (("list",), ("list", "--json"), ("use", "prod")):
        found = desk("context", *words).stdout
        assert ("me:***@127.0.0.1" in found, "secret" in found) == (True, False)


def test_the_token_is_no_secret_of_the_file(desk: Desk) -> None:
    """The file of contexts names where a token is, and never holds it."""
    desk.remembers("prod", "http://127.0.0.1:1")
    text = (desk.folder / "config" / "backfilld" / "contexts.toml").read_text()
    assert TOKEN not in text
    assert str(desk.folder / "token") in text


def test_who_asks_too_often_waits_as_told(desk: Desk, daemon: FakeDaemon) -> None:
    """429 with Retry-After is waited for and asked again; one that asks for too long is told, with the seconds."""
    soon, late = ({"Retry-After": text} for text in ("0", "3600"))
    full = problem(429, "rate_limited", "this token asks too often")
    daemon.on(
        "GET", "/v1/backfills", Answer(full.body, 429, soon), Answer(full.body, 429, soon), {"items": [], "next": None}
    )
    assert desk("list", "--json", "--state", str(daemon.state)).stdout == "[]\n"
    assert len(daemon.asked) == 3
    daemon.on("GET", "/v1/backfills", Answer(full.body, 429, late))
    found = desk("list", "--state", str(daemon.state))
    assert (found.exit_code, "try again in 3600 seconds" in found.stderr) == (3, True)


def test_a_token_that_may_not(desk: Desk, daemon: FakeDaemon) -> None:
    """403 says what the daemon said; 401 says what may have become of the token; both end with the same code."""
    daemon.on("GET", "/v1/backfills", problem(403, "forbidden", "this needs a token with the scope operate"))
    found = desk("list", "--state", str(daemon.state))
    assert (found.exit_code, "needs a token with the scope operate" in found.stderr) == (4, True)
    found = desk("list", "--url", daemon.url, "--token", "another")
    assert (found.exit_code, "has expired" in found.stderr) == (4, True)
