"""What an administrator asks `backfilld` without running it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ports.store_contract import NOW, Play, accepted
from typer.testing import CliRunner, Result

from backfilld.engine.states import State
from backfilld.interfaces.cli.daemon import daemon_app
from backfilld.store.sql import SqlStore

GOOD = "project: p\ntimezone: UTC\nworkflows:\n  - workflow: w\n    tasks:\n      - {task: one, command: 'true'}\n"
BAD = GOOD.replace("command: 'true'", "comand: 'true'")
SCHEDULE = "schedule: nightly\n"


def asked(*arguments: object) -> Result:
    """What `backfilld` answers; it never runs here."""
    app = daemon_app(lambda settings: 99, lambda settings: 99)
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Settings and a catalog that are good."""
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "p.yaml").write_text(GOOD)
    (tmp_path / "b.toml").write_text("port = 7000\n")
    return tmp_path


def check(folder: Path) -> Result:
    """Check what is in the folder."""
    return asked("check", "--settings", folder / "b.toml", "--catalog", folder / "catalog", "--state", folder / "s")


def test_what_is_good_is_said_to_be(folder: Path) -> None:
    """Exit code 0, and nothing is made on the way."""
    found = check(folder)
    assert (found.exit_code, found.stdout) == (0, "settings, catalog and schedules are good\n")
    assert not (folder / "s").exists()


def test_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    """Catalog with its place, schedules, a file of secrets, a channel's file: a line each, exit code 2."""
    (folder / "catalog" / "p.yaml").write_text(BAD)
    (folder / "schedules").mkdir()
    (folder / "schedules" / "nightly.yaml").write_text(SCHEDULE)
    (folder / "b.toml").write_text(
        "[resource_groups.default]\nslots = 1\nsecrets = '/nonexistent/secrets'\n"
        "[alerts.channels]\nMail = {file = '/nonexistent/url'}\n"
    )

    found = check(folder)

    assert found.exit_code == 2
    assert "p.yaml:6:" in found.stderr
    assert "nightly.yaml:1" in found.stderr
    assert "/nonexistent/secrets" in found.stderr
    assert "alerts.channels.Mail" in found.stderr
    assert "Traceback" not in found.stderr


def test_schedules_are_held_against_the_catalog(folder: Path) -> None:
    """A task, a pool and a channel that are not there are told now, at their lines, and not at the first firing."""
    (folder / "schedules").mkdir()
    file = folder / "schedules" / "nightly.yaml"
    file.write_text(
        "schedule: nightly\ncron: '30 3 * * *'\nrequest:\n  name: nightly\n  project_id: p\n  type: SupplementData\n"
        "  periods: {biz_dates: [{start_biz_date: -7d, end_biz_date: yesterday}]}\n  default_run_properties:\n"
        "    root_task_ids: [onne]\n    runtime_resource: heavy\n    alert: {type: Failure, notice_type: Mail}\n"
    )

    found = check(folder)

    assert found.exit_code == 2
    assert [line.split(": ")[0] for line in found.stderr.splitlines()] == [
        f"{file}:{at}" for at in ("9:21", "10:5", "11:28")
    ]
    file.write_text(file.read_text().partition("    runtime_resource")[0].replace("onne", "one"))
    assert check(folder).exit_code == 0


def test_accounts_are_held_against_the_catalog(folder: Path) -> None:
    """One of no project, and a second one of a project, are told."""
    (folder / "catalog" / "p.yaml").write_text(f"id: 5\n{GOOD}")
    accounts = [f"{project} = '{digit * 32}'" for project, digit in (("p", "0"), ("q", "1"), ("5", "2"))]
    (folder / "b.toml").write_text("\n".join(["[cloudflare_accounts]", *accounts]))

    found = check(folder)

    assert found.exit_code == 2
    stranger, second = found.stderr.splitlines()
    assert stranger.startswith("cloudflare_accounts.q: ")
    assert "one account a project" in second


def test_wrong_settings_are_told_before_anything_is_read(folder: Path) -> None:
    """They say where the rest is."""
    (folder / "b.toml").write_text("port = -1\nnope = 1\n")
    found = check(folder)
    assert (found.exit_code, len(found.stderr.splitlines())) == (2, 2)


def shown(*arguments: object) -> dict[str, tuple[Any, str]]:
    """Value and source of each setting."""
    found = asked("config", "show", "--json", *arguments)
    assert found.exit_code == 0, found.stderr
    return {each["setting"]: (each["value"], each["source"]) for each in json.loads(found.stdout)}


def test_each_setting_says_where_it_comes_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command line, environment by variable, credentials, file by line, default: as the daemon would take them."""
    file = folder / "b.toml"
    file.write_text("# ours\nport = 7000\nhost = 'localhost'\n[retention]\nsuccess = '2 days'\nerror = 1500\n")
    (folder / "database").write_text("postgresql://me:secret@db/x?password=secret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    monkeypatch.setenv("BACKFILLD_HOST", "127.0.0.1")
    monkeypatch.setenv("BACKFILLD_LIMITS", '{"ids": 5}')
    monkeypatch.setenv("BACKFILLD_RETENTION__ERROR", "250")

    found = shown("--settings", file, "--state", folder / "s")

    assert found["port"] == (7000, f"{file}:2")
    assert found["host"] == ("127.0.0.1", "BACKFILLD_HOST")
    assert found["retention.success"] == ("2d", f"{file}:5")
    assert found["retention.error"] == ("250 milliseconds", "BACKFILLD_RETENTION__ERROR")
    assert found["limits.ids"] == (5, "BACKFILLD_LIMITS")
    assert found["limits.dates"] == (36_600, "default")
    assert found["state_dir"] == (str(folder / "s"), "command line")
    value, source = found["database"]
    assert source == "$CREDENTIALS_DIRECTORY/database"
    assert value == "postgresql://me:***@db/x?password=***"


def test_no_secret_is_shown(folder: Path) -> None:
    """A channel's URL is one; where it comes from is told."""
    file = folder / "b.toml"
    file.write_text("[alerts.channels]\nMail = 'mailtos://me:hunter2@example.org'\n")

    found = asked("config", "show", "--settings", file)

    assert found.exit_code == 0
    assert "hunter2" not in found.stdout
    assert [line for line in found.stdout.splitlines() if "Mail" in line and f"{file}:2" in line]


def test_wrong_settings_are_not_shown(folder: Path) -> None:
    """They are told as faults, with exit code 2."""
    (folder / "b.toml").write_text("port = 'x'\n")
    assert asked("config", "show", "--settings", folder / "b.toml").exit_code == 2


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with a store in which one backfill was accepted."""
    folder = tmp_path / "state"
    folder.mkdir()
    store = SqlStore(f"sqlite:///{folder / 'backfilld.db'}")
    store.take_lease(NOW)
    play = Play(store, accepted(store))
    play.settle(play.backfill.first_run, {0: (State.SUCCEEDED, NOW)})
    store.close()
    return folder


def test_a_store_is_copied_held_against_itself_and_put_back(state: Path) -> None:
    """Each command says in a line what it has done; a difference is a line of its own, and exit code 1."""
    copy, database = state / "copy", state / "backfilld.db"
    made = asked("backup", copy, "--state", state)
    assert (made.exit_code, made.stdout) == (0, f"{copy}: {copy.stat().st_size:,} bytes\n")
    assert asked("backup", copy, "--state", state).exit_code == 2
    with closing(sqlite3.connect(database)) as store, store:
        store.execute("UPDATE run SET failed = 9 WHERE number = 1")

    found = asked("verify", "--state", state)
    assert (found.exit_code, found.stdout) == (1, "1 difference\n")
    assert "instances by state: kept 2 ready, 1 succeeded, 9 failed; made again 2 ready, 1 succeeded" in found.stderr
    (line,) = asked("verify", "--state", state, "--json").stdout.splitlines()
    assert json.loads(line)["subject"] == "run 1 of backfill 1: instances by state"

    assert asked("restore", copy, "--state", state).exit_code == 2
    back = asked("restore", copy, "--state", state, "--force")
    assert (back.exit_code, back.stdout) == (
        0,
        f"{database} is {copy} again; what was there is {database}.before-restore\n",
    )
    assert asked("verify", "--state", state).exit_code == 0


@pytest.mark.parametrize("arguments", [("backup", "copy"), ("restore", "copy")])
def test_a_server_is_not_copied_here(folder: Path, arguments: tuple[str, ...]) -> None:
    """Its own tools are named, with exit code 2."""
    (folder / "b.toml").write_text("database = 'postgresql://me:secret@nowhere/x'\n")
    found = asked(*arguments, "--settings", folder / "b.toml")
    assert (found.exit_code, "pg_dump" in found.stderr, "secret" in found.stderr) == (2, True, False)


def test_where_there_is_no_store(folder: Path) -> None:
    """Nothing is made on the way."""
    for command in (("verify",), ("backup", folder / "copy")):
        found = asked(*command, "--state", folder / "s")
        assert found.exit_code == 2
        assert "Traceback" not in found.stderr
    assert not (folder / "s").exists()
