"""The runner's settings, and secrets that systemd hands over."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from backfilld.config.runner_settings import RunnerSettings, load_runner_settings
from backfilld.config.settings import load_settings, read_secrets
from backfilld.errors import InvalidSettings

EXAMPLE = Path(__file__).parents[2] / "config" / "runner.toml"


def first_fault(load: Callable[[Path], object], file: Path, text: str) -> str:
    """What is said of a file with this text."""
    file.write_text(text)
    with pytest.raises(InvalidSettings) as caught:
        load(file)
    return str(caught.value.faults[0])


def test_the_example_holds_the_defaults() -> None:
    """`config/runner.toml` names every setting of the runner, at its default."""
    told, defaults = load_runner_settings(EXAMPLE).model_dump(), RunnerSettings().model_dump()

    assert told == defaults
    assert all(name in EXAMPLE.read_text() for name in defaults)


def test_who_may_ask_a_runner(tmp_path: Path) -> None:
    """Root and the user that is named; without a name, the runner's own."""
    file = tmp_path / "r.toml"
    file.write_text("daemon_user = 'nobody'\n")

    assert load_runner_settings(file).users == {0, pwd.getpwnam("nobody").pw_uid}
    assert load_runner_settings(EXAMPLE).users == {0, os.geteuid()}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("daemon_user = 'no such user'", 'daemon_user: given "no such user"; allowed: a user of this host'),
        ("[resource_groups.a]\nslots = 0", "resource_groups.a.slots: given 0"),
        ("[resource_groups.a]\nslots = 2\nreserved = 1", "resource_groups.a.reserved: given 1"),
        ("log_level = 'loud'", 'log_level: given "loud"'),
    ],
)
def test_a_wrong_setting_is_refused_with_its_path(tmp_path: Path, text: str, told: str) -> None:
    """Who is next for a slot is the daemon's to say: `reserved` is none of a runner's settings."""
    assert told in first_fault(load_runner_settings, tmp_path / "r.toml", text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("executor = 'socket'\nspool_dir = '/x'", "spool_dir: given"),
        ("runner_socket = '/x'", "runner_socket: given"),
        ("executor = 'socket'\n[resource_groups.a]\nslots = 1\nsecrets = '/x'", "allowed: no secrets of a"),
        ("executor = 'dask'", "executor: given"),
    ],
)
def test_what_belongs_to_the_other_executor_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """Nothing is accepted that would have no effect; secrets go where tasks run, and nowhere else."""
    assert told in first_fault(load_settings, tmp_path / "b.toml", text)


def test_a_credential_beats_the_file_and_not_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password comes as a file from systemd; an empty one, as the unit has it by default, says nothing."""
    file = tmp_path / "b.toml"
    file.write_text("database = 'postgresql:///file'\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    found = [load_settings(file).database]
    for text in ("\n", "postgresql://u:secret@h/credential\n"):
        (tmp_path / "database").write_text(text)
        found.append(load_settings(file).database)
    monkeypatch.setenv("BACKFILLD_DATABASE", "postgresql:///environment")

    assert [*found, load_settings(file).database] == [
        "postgresql:///file",
        "postgresql:///file",
        "postgresql://u:secret@h/credential",
        "postgresql:///environment",
    ]


def test_a_group_s_secrets_may_be_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without a folder is looked for where systemd puts a unit's credentials."""
    (tmp_path / "vault.env").write_text("KEY=sesame\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert read_secrets(Path("vault.env")) == {"KEY": "sesame"}
