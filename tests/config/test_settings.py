"""Settings: who wins, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from backfilld.config.settings import Settings, load_settings, read_secrets
from backfilld.errors import InvalidSettings

EXAMPLE = Path(__file__).parents[2] / "config" / "backfilld.toml"


def faults(file: Path, **command_line: object) -> list[str]:
    with pytest.raises(InvalidSettings) as caught:
        load_settings(file, **command_line)
    return [str(fault) for fault in caught.value.faults]


def test_command_line_beats_environment_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest to the user wins, field by field."""
    file = tmp_path / "b.toml"
    file.write_text("port = 1\nlog_level = 'error'\n[resource_groups.heavy]\nslots = 2\n[limits]\ndates = 5\n")
    monkeypatch.setenv("BACKFILLD_PORT", "2")
    monkeypatch.setenv("BACKFILLD_LIMITS__INSTANCES", "7")

    settings = load_settings(file, state_dir=tmp_path)

    assert (settings.port, settings.log_level, settings.host) == (2, "error", "127.0.0.1")
    assert (settings.limits.dates, settings.limits.instances) == (5, 7)
    assert {name: group.slots for name, group in settings.resource_groups.items()} == {"heavy": 2}
    assert load_settings(file, port=3).port == 3
    assert settings.store_url == f"sqlite:///{tmp_path / 'backfilld.db'}"


def test_the_example_holds_the_defaults() -> None:
    """`config/backfilld.toml` names every setting, at its default."""
    told, defaults = load_settings(EXAMPLE).model_dump(), Settings().model_dump()
    assert told == defaults
    assert all(name in EXAMPLE.read_text() for name in defaults)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1", "prot: given 1"),
        ("port = 70000", "port: given 70000"),
        ("host = '0.0.0.0'", 'host: given "0.0.0.0"; allowed: a loopback address'),
        ("[resource_groups.a]\nslots = 0", "resource_groups.a.slots: given 0"),
        ("[resource_groups.a]\nslots = 2\nreserved = 2", "resource_groups.a.reserved: given 2; allowed: less than its"),
        ("[resource_groups.a]\nslots = 2\nreserved = -1", "resource_groups.a.reserved: given -1"),
        ("starvation_after = '0s'", 'starvation_after: given "0s"; allowed: a time from 1s to 7d'),
        ("[limits]\ndates = -1", "limits.dates: given -1"),
        ("log_level = 'loud'", 'log_level: given "loud"; allowed: debug, info, warning or error'),
        ("port = ", "a TOML file"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_path(tmp_path: Path, text: str, told: str) -> None:
    """The path, what was given, what is allowed."""
    file = tmp_path / "b.toml"
    file.write_text(text)
    [fault] = faults(file)
    assert told in fault


def test_how_slots_are_given(tmp_path: Path) -> None:
    """Slots that a group keeps for scheduled requests, and how long nobody need wait for one."""
    file = tmp_path / "b.toml"
    file.write_text("starvation_after = '1h30m'\n[resource_groups.heavy]\nslots = 3\nreserved = 2\n")

    settings = load_settings(file)

    assert settings.starvation_after == timedelta(minutes=90)
    assert settings.resource_groups["heavy"].reserved == 2


def test_every_wrong_setting_is_told_at_once(tmp_path: Path) -> None:
    """Nobody mends one fault to see the next."""
    file = tmp_path / "b.toml"
    file.write_text("port = -1\nlog_level = 'x'\nnope = 1\n")
    assert len(faults(file)) == 3


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    """A typo in `--settings` is not silently the default."""
    assert "a file that exists" in faults(tmp_path / "none.toml")[0]


def test_secrets_are_lines_of_name_and_value(tmp_path: Path) -> None:
    """Comments and empty lines are passed over; anything else is refused without telling it."""
    file = tmp_path / "s.env"
    file.write_text("# db\nPGPASSWORD=a=b\n\nTOKEN=x\n")
    assert read_secrets(file) == {"PGPASSWORD": "a=b", "TOKEN": "x"}
    file.write_text("hunter2\n")
    with pytest.raises(InvalidSettings) as caught:
        read_secrets(file)
    assert "hunter2" not in str(caught.value)
