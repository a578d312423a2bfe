"""Where the client looks for the daemon, and what it says when there is none."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from interfaces.cli.fake_daemon import TOKEN, Answer, FakeDaemon
from interfaces.cli.running import CLIENT, client, piped

from backfilld.interfaces.cli.endpoint import Endpoint, TokenRefused, Unreachable, Where, find_endpoint


def endpoint_file(folder: Path, url: str = "http://127.0.0.1:1", token: str = TOKEN) -> Path:
    file = folder / "endpoint.json"
    file.write_text(json.dumps({"url": url, "token": token}))
    return file


def test_what_is_given_needs_no_file(tmp_path: Path) -> None:
    """Address and token together are enough."""
    found = find_endpoint(Where("http://host:1", "secret", tmp_path))

    assert (found.url, found.token) == ("http://host:1", "secret")


def test_the_endpoint_file(tmp_path: Path) -> None:
    """The file in the state folder has both; a given token goes before its token."""
    file = endpoint_file(tmp_path)

    assert find_endpoint(Where(state=tmp_path)) == Endpoint("http://127.0.0.1:1", TOKEN, str(file))
    assert find_endpoint(Where(token="other", state=tmp_path)).token == "other"
    assert find_endpoint(Where(url="http://127.0.0.1:1/", state=tmp_path)).token == TOKEN


def test_the_token_goes_to_its_own_address_only(tmp_path: Path) -> None:
    """An address that is not the file's never gets the file's token."""
    endpoint_file(tmp_path)

    with pytest.raises(TokenRefused, match="there is no token for http://elsewhere"):
        find_endpoint(Where(url="http://elsewhere", state=tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{}", '"x"', '{"url": "http://x"}'])
def test_a_broken_file(text: str, tmp_path: Path) -> None:
    """A file that does not say where the daemon is, is named."""
    file = tmp_path / "endpoint.json"
    file.write_text(text)

    with pytest.raises(Unreachable, match=f"{file} does not say"):
        find_endpoint(Where(state=tmp_path))


def test_nowhere(tmp_path: Path) -> None:
    """No daemon: exit code 3, and one line that says where it was looked for and how to start one."""
    done = piped("list", state=tmp_path)

    assert (done.returncode, done.stdout) == (3, "")
    [line] = done.stderr.splitlines()
    assert f"there is no {tmp_path}/endpoint.json; start one with: backfilld" in line


def test_a_daemon_that_is_gone(daemon: FakeDaemon) -> None:
    """A file that a dead daemon left: exit code 3, with the address and where it came from."""
    daemon.stop()

    done = client("list", state=daemon.state)

    assert done.returncode == 3
    [line] = done.stderr.splitlines()
    assert line.startswith(f"no daemon answers at {daemon.url} ({daemon.state}/endpoint.json)")


def test_a_refused_token(daemon: FakeDaemon) -> None:
    """A token that the daemon does not take: exit code 4, and the token is not repeated."""
    done = piped("list", state=daemon.state, BACKFILL_TOKEN="wrong-token")

    assert (done.returncode, done.stdout) == (4, "")
    [line] = done.stderr.splitlines()
    assert "refuses the token" in line
    assert "wrong-token" not in line


def test_something_else_answers(daemon: FakeDaemon) -> None:
    """A web server that is not backfilld is told as such, whatever its status."""
    daemon.on("GET", "/v1/backfills", Answer(b"<html>hello</html>"), Answer(b"<html>no</html>", 404))

    for _ in range(2):
        done = client("list", state=daemon.state)
        assert done.returncode == 3
        assert "is not backfilld" in done.stderr


@contextmanager
def another_user() -> Iterator[None]:
    """Root reads every file, so as root be nobody for a while."""
    me = os.geteuid()
    os.seteuid(me or 65_534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_file_of_another_user(tmp_path: Path) -> None:
    """A file that this user may not read: said so, with what to do."""
    endpoint_file(tmp_path).chmod(0)

    with another_user(), pytest.raises(TokenRefused, match=r"cannot be read by this user.*BACKFILL_TOKEN"):
        find_endpoint(Where(state=tmp_path))


def test_what_is_no_address(tmp_path: Path) -> None:
    """An address that is none is told as such, not as a daemon that is down."""
    done = client("list", "--url", "127.0.0.1:80", "--token", "x", state=tmp_path)

    assert done.returncode == 3
    assert done.stderr == "127.0.0.1:80 is no address such as http://127.0.0.1:8732\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show",), "Missing argument 'ID'."),
        (("show", "seven"), "Invalid value for 'ID'"),
        (("shw", "7"), "No such command 'shw'. Did you mean 'show'?"),
        (("cancel", "3", "--run", "1", "--date", "2013-01-01"), "only one of --run, --date and --instance"),
    ],
)
def test_a_wrong_command_line(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """What was typed wrong is one line and exit code 2."""
    done = client(*arguments, state=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert told in line


@pytest.mark.parametrize("program", ["backfill", "backfilld"])
def test_version(program: str) -> None:
    """Both programs say which they are."""
    done = subprocess.run(
        [Path(CLIENT).with_name(program), "--version"], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split()[0] == program
