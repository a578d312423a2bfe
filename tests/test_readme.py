"""What the README says is so: its files, commands, options and folders exist, and its example plans and runs."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from daemon.host import BACKFILLD, until
from interfaces.cli.running import client, environment, piped
from typer.main import get_command

from backfilld.interfaces.cli.app import app
from backfilld.interfaces.cli.daemon import daemon_app
from backfilld.interfaces.cli.output import Exit
from backfilld.interfaces.cli.strips import LOOKS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLANNING = (ROOT / "docs" / "planning.md").read_text(encoding="utf-8")
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]
ALONE = {"context", "schema"}
"""Commands that talk to no daemon."""
PROGRAMS = ("extract-orders", "load-hour", "month-to-date", "weekly-report")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def lines_of_shell() -> list[tuple[list[str], str]]:
    """Each command of the README, in words, and the comment behind it."""
    split = (line.partition("  #") for block in blocks("sh") for line in block.splitlines())
    return [(shlex.split(command), comment) for command, _, comment in split]


def shell(*start: str) -> list[str]:
    """The first command that starts so."""
    return next(words for words, _ in lines_of_shell() if tuple(words[: len(start)]) == start)


def cells(heading: str) -> list[str]:
    """The first column of the table that starts with this heading."""
    (table,) = re.findall(rf"^\| {heading} \| \|\n\|---\|---\|\n((?:\|.*\n)+)", README, re.MULTILINE)
    return [row.split("|")[1] for row in table.splitlines()]


def options_of(command: str, inner: str = "") -> set[str]:
    """Every spelling of every option, also of a group's inner command; of a group, of those that all of its have."""
    found = COMMANDS[command]
    found = getattr(found, "commands", {}).get(inner, found)
    each = getattr(found, "commands", {command: found}).values()
    return set.intersection(*({way for parameter in one.params for way in parameter.opts} for one in each))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the README's catalog and request under the names that it gives them."""
    catalog, request = blocks("yaml")
    for name, text in (("catalog/shop.yaml", catalog), ("reload.yaml", request)):
        assert f"here `{name}`" in README
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_example_plans_as_printed(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """March 2024 of the shop: on 31 dates, one of them an hour short, and five Sundays, each reported on the Monday."""
    monkeypatch.chdir(shop)
    done = client(*shell("backfill", "plan")[1:], "--json", "--instances", state=shop / "state")

    assert (done.returncode, done.stderr) == (0, "")
    plan = json.loads(done.stdout)
    found = {task["name"]: task["instances"] for task in plan["tasks"]}
    assert found == {"extract": 31, "hourly": 31 * 24 - 1, "totals": 31, "weekly": 5}
    assert plan["counts"]["instances"] == len(plan["instances"]) == sum(found.values())
    assert plan["findings"] == []


def test_the_example_runs_with_the_commands_of_the_page(shop: Path) -> None:
    """Daemon and submit as printed, for three dates: every program starts as often as planned, with its values."""
    stubs(shop)
    request = shop / "reload.yaml"
    request.write_text(request.read_text().replace("2024-03-31", "2024-03-03"))
    state = shop / "state"
    start = [word for word in shell("backfilld") if word != "&"]
    with (shop / "log").open("wb") as log:
        command = [BACKFILLD, *start[1:], "--port", "0", "--state", state]
        daemon = subprocess.Popen(command, cwd=shop, env=environment(), stderr=log)
    try:
        until(lambda: (state / "endpoint.json").exists() or daemon.poll() is not None)
        done = piped(*with_file(shell("backfill", "submit")[1:], request), state=state)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()

    assert done.returncode == 0, done.stdout + done.stderr + (shop / "log").read_text()
    calls = (shop / "calls").read_text().splitlines()
    assert Counter(call.split()[0] for call in calls) == dict(zip(PROGRAMS, (3, 3 * 24, 3, 1), strict=True))
    for call in ("extract-orders --date 20240301 --schema main", "load-hour 2024-03-01T23:00:00Z"):
        assert call in calls
    assert [call for call in calls if "month" in call] == [f"month-to-date 2024030{day}" for day in (1, 2, 3)]


def stubs(shop: Path) -> None:
    """The example's programs: each notes how it was called; the catalog names them by their full paths."""
    catalog = shop / "catalog" / "shop.yaml"
    for program in PROGRAMS:
        stub = shop / program
        stub.write_text(f'#!/bin/sh\necho "{program} $*" >> {shlex.quote(str(shop / "calls"))}\n')
        stub.chmod(0o755)
        text = catalog.read_text()
        assert text.count(program) == 1
        catalog.write_text(text.replace(program, str(stub)))


def with_file(words: list[str], request: Path) -> list[str]:
    """The words of a command, with the request named from anywhere."""
    return [str(request) if word == request.name else word for word in words]


def test_the_picture_is_of_the_demo(tmp_path: Path) -> None:
    """What the page shows is what `--plot` draws for the demo's request today."""
    demo = ROOT / "config" / "demo"
    drawn = tmp_path / "plan.svg"
    done = client("plan", demo / "january.yaml", "--catalog", demo / "catalog", "--plot", drawn, state=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert drawn.read_text() == (ROOT / "docs" / "plan.svg").read_text()


def test_make_knows_its_targets() -> None:
    """Every `make` that the page names is one of the Makefile's."""
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test", "bench"} <= named <= targets


def test_the_table_of_commands_is_the_help() -> None:
    """Each command of `backfill` stands there once, with options that it has."""
    quoted = [cell for row in cells("command") for cell in re.findall("`([^`]+)`", row)]
    words = [cell.removeprefix("backfill ").split() for cell in quoted]
    assert sorted(command for command, *_ in words) == sorted(COMMANDS)
    for (command, *rest), cell in zip(words, quoted, strict=True):
        assert set(re.findall(r"--[a-z-]+", cell)) <= options_of(command, *rest[:1])


def test_the_table_of_the_daemon_is_its_help() -> None:
    """Each command of `backfilld` stands there once, with options that it has."""
    quoted = [cell for row in cells("the daemon") for cell in re.findall("`([^`]+)`", row)]
    known = get_command(daemon_app(lambda settings: 0, lambda settings: 0)).commands  # type: ignore[attr-defined]
    named = [words[1] if words[0] == "backfilld" else words[0] for words in map(str.split, quoted)]
    assert sorted(named) == sorted(known)
    for command, cell in zip(named, quoted, strict=True):
        options = {way for parameter in known[command].params for way in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", cell)) <= options


def test_every_option_is_taken() -> None:
    """Options in the page's commands, and in the comments behind them, are in that command's help."""
    for words, comment in lines_of_shell():
        if words[0] == "backfill":
            assert set(re.findall(r"--[a-z-]+", " ".join(words) + comment)) <= options_of(*words[1:3])
    assert all("--json" in options_of(command) for command in COMMANDS)
    assert all("--state" in options_of(command) for command in COMMANDS.keys() - ALONE)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str) -> None:
    """`--help` is a page, never a traceback, and names the command."""
    shown = client(command, "--help", state=ROOT)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"backfill {command}" in shown.stdout


def test_exit_codes() -> None:
    """The page lists every exit code of the client."""
    (sentence,) = re.findall(r"^Exit codes: (.*?)\. ", README, re.DOTALL | re.MULTILINE)
    assert [int(each) for each in re.findall(r"\d+", sentence)] == sorted(Exit)


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"\]\(([^)#]+)\)|`((?:benchmarks|config|docs|src|tests)/[^`]*)`", README)))
)
def test_files_that_are_named_are_there(name: tuple[str, str]) -> None:
    """Every link and every path into the repository leads to something."""
    assert (ROOT / "".join(name)).exists()


def test_the_rooms_are_all_of_them() -> None:
    """The table of rooms names every folder of the package, once."""
    rooms = [room for row in cells("room") for room in re.findall("`([a-z]+)/`", row)]
    package = ROOT / "src" / "backfilld"
    assert sorted(rooms) == sorted(folder.parent.name for folder in package.glob("*/__init__.py"))


def test_the_example_is_ten_lines_each() -> None:
    """Who starts has ten lines of catalog and ten of request to write."""
    assert [len(block.splitlines()) for block in blocks("yaml")] == [10, 10]


def test_the_table_of_findings_is_all_of_them() -> None:
    """Each code that planning and previews can find stands in the page on plans, once."""
    package = ROOT / "src" / "backfilld"
    sources = "".join(file.read_text() for room in ("planning", "service") for file in (package / room).glob("*.py"))
    codes = set(re.findall(r'(?:Finding|_error)\(\s*"([a-z_]+)"', sources))
    assert sorted(re.findall(r"^\| `([a-z_]+)` \| (?:error|warning|info)", PLANNING, re.MULTILINE)) == sorted(codes)


def test_the_signs_of_the_strips() -> None:
    """The page explains every sign that `backfill gaps` prints."""
    signs = dict(re.findall(r"^\| `(.)` \| ([a-z ]+?) \|", PLANNING, re.MULTILINE))
    assert signs == {sign: status.replace("_", " ") for status, (sign, _, _) in LOOKS.items()}
