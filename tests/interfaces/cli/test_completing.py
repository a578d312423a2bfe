"""What a shell offers: names and ids that the daemon knows, at once, and never an error."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from interfaces.cli.fake_daemon import TOKEN, FakeDaemon, backfill, problem
from interfaces.cli.running import environment
from typer.testing import CliRunner

from backfilld.interfaces.cli.app import app


def offered(line: str, folder: Path, state: Path) -> list[str]:
    """What bash offers at the end of a line."""
    words = shlex.split(line)
    asked = {
        "_BACKFILL_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1 + line.endswith(" ")),
    }
    env = environment(state, XDG_CONFIG_HOME=str(folder / "config"), SHELL="/bin/bash", **asked)
    done = CliRunner().invoke(app, [], env=env, prog_name="backfill")
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("backfill show ", ["31", "3", "12"]),
        ("backfill show 3", ["31", "3"]),
        ("backfill cancel 1", ["12"]),
        ("backfill schedules fire ni", ["nightly"]),
        ("backfill gaps --task ex", ["extract"]),
        ("backfill catalog show ", ["extract", "load"]),
        ("backfill --context pr", ["prod"]),
        ("backfill context use ", ["prod", "away"]),
        ("backfill sched", ["schedules"]),
        ("backfill operation 3f", ["3f9a"]),
        ("backfill watch --pat", ["--patience"]),
    ],
)
def test_words(line: str, words: list[str], daemon: FakeDaemon, tmp_path: Path) -> None:
    """Ids, names of schedules, tasks and contexts, commands and options."""
    daemon.listing("/v1/backfills", backfill(31), backfill(3))
    daemon.on("GET", "/v1/backfills", {"items": [backfill(31), backfill(3), backfill(12)], "next": None})
    daemon.on(
        "GET",
        "/v1/schedules",
        {"items": [{"name": "nightly", "cron": "@daily"}, {"name": "weekly", "cron": "0 1 * * 0"}]},
    )
    acts = [{"id": number, "act": "skip", "status": "running"} for number in ("3f9a", "7b0d")]
    daemon.on("GET", "/v1/operations", {"items": acts, "next": None})
    tasks = [{"name": name, "project": "shop", "workflow": "daily"} for name in ("extract", "load")]
    daemon.on("GET", "/v1/tasks", {"items": tasks, "next": None})
    file = tmp_path / "config" / "backfilld" / "contexts.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        "".join(f"[contexts.{name}]\nurl = '{daemon.url}'\ntoken_file = 'x'\n" for name in ("prod", "away"))
    )
    assert offered(line, tmp_path, daemon.state) == words


def test_another_daemon_is_asked_for_its_own(daemon: FakeDaemon, tmp_path: Path) -> None:
    """What stands on the line says where to ask: a context before the command too."""
    daemon.on("GET", "/v1/backfills", {"items": [backfill(31)], "next": None})
    (tmp_path / "token").write_text(TOKEN)
    file = tmp_path / "config" / "backfilld" / "contexts.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f"[contexts.prod]\nurl = '{daemon.url}'\ntoken_file = '{tmp_path / 'token'}'\n")
    nowhere = tmp_path / "nowhere"
    assert offered(f"backfill show --state {nowhere} ", tmp_path, daemon.state) == []
    asked = {"_BACKFILL_COMPLETE": "complete_bash", "COMP_WORDS": "backfill --context prod show ", "COMP_CWORD": "4"}
    env = environment(XDG_CONFIG_HOME=str(tmp_path / "config"), XDG_STATE_HOME=str(nowhere), SHELL="/bin/bash", **asked)
    assert CliRunner().invoke(app, [], env=env, prog_name="backfill").stdout.splitlines() == ["31"]


def test_no_error_is_an_offer(daemon: FakeDaemon, tmp_path: Path) -> None:
    """A daemon that refuses, or that is away, offers nothing and says nothing."""
    daemon.on("GET", "/v1/backfills", problem(403, "forbidden", "no"))
    assert offered("backfill show ", tmp_path, daemon.state) == []
    daemon.stop()
    assert offered("backfill show ", tmp_path, daemon.state) == []
