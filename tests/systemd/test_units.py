"""The units: well formed, hardened, and of one mind with the program's settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from backfilld.config.settings import Settings

UNITS = Path(__file__).parents[2] / "systemd"
CONFIG = UNITS.with_name("config")
INSTALLED = "/usr/local/lib/backfilld/bin/backfilld"
PROGRAM = Path(sys.executable).parent / "backfilld"
SYSTEM = ("backfilld.service", "backfilld.socket", "backfill-runner.service", "backfill.slice")


def analyze(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What systemd itself says; a host that cannot ask it has not tested the units."""
    tool = shutil.which("systemd-analyze")
    assert tool, "systemd-analyze is missing: as root, apt-get install systemd"
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    return subprocess.run(
        [tool, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The units as installed, but for the program: here it is that of the tests."""
    for unit in UNITS.rglob("*.*"):
        if unit.is_file():
            copy = tmp_path / unit.relative_to(UNITS)
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(unit.read_text().replace(INSTALLED, str(PROGRAM)))
    return tmp_path


def unit(name: str) -> ConfigParser:
    """What a unit says; of a key that stands there twice, the last."""
    parser = ConfigParser(strict=False, interpolation=None, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS / name)
    return parser


@pytest.mark.parametrize("words", [SYSTEM, ("--user", "user/backfilld.service")])
def test_systemd_has_nothing_to_say_of_the_units(folder: Path, words: tuple[str, ...]) -> None:
    """Every key is known, every value read, every program there."""
    done = analyze("verify", "--man=no", *words, folder=folder)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_finds_what_is_wrong(folder: Path) -> None:
    """The test above can fail: a key that nobody knows is told."""
    broken = folder / "backfilld.service"
    broken.write_text(broken.read_text() + "\n[Service]\nPrivateTemp=yes\n")

    assert "PrivateTemp" in analyze("verify", "--man=no", "backfilld.service", folder=folder).stderr


@pytest.mark.parametrize(("name", "most"), [("backfilld.service", 1.5), ("backfill-runner.service", 2.0)])
def test_a_service_is_hardened(folder: Path, name: str, most: float) -> None:
    """Its exposure, as systemd counts it, stays below what we promise."""
    done = analyze("security", "--offline=true", f"--threshold={most * 10:.0f}", name, folder=folder)

    assert done.returncode == 0, done.stdout
    assert f"Overall exposure level for {name}" in done.stdout


def test_tasks_outlive_their_runner() -> None:
    """Neither its end nor its restart takes a task's process, its files or its socket's folder away."""
    service = unit("backfill-runner.service")["Service"]

    assert service["KillMode"] == "process"
    assert service["OOMPolicy"] == "continue"
    assert not {"PrivateTmp", "RuntimeDirectory", "RemoveIPC", "DynamicUser", "PIDFile"} & set(service)


def test_the_daemon_and_the_tasks_are_two_users() -> None:
    """Tasks can read neither the daemon's database nor its secrets; the daemon alone may ask the runner."""
    daemon, runner = unit("backfilld.service")["Service"], unit("backfill-runner.service")["Service"]
    users = (UNITS / "sysusers.d" / "backfilld.conf").read_text()

    assert daemon["User"] != runner["User"]
    assert all(f"u {service['User']} " in users for service in (daemon, runner))
    assert daemon["StateDirectoryMode"] == runner["StateDirectoryMode"] == "0700"
    assert f'daemon_user = "{daemon["User"]}"' in (CONFIG / "runner.toml").read_text()


def test_units_and_settings_name_the_same_places() -> None:
    """The socket that systemd holds is the default address; the runner's is in the folder that tmpfiles.d makes."""
    runner, daemon = unit("backfill-runner.service")["Service"], unit("backfilld.service")["Service"]
    made = (UNITS / "tmpfiles.d" / "backfilld.conf").read_text().splitlines()[-1].split()
    settings = Settings(state_dir=Path("/nowhere"))

    assert unit("backfilld.socket")["Socket"]["ListenStream"] == f"{settings.host}:{settings.port}"
    assert made[:5] == ["d", "/run/backfilld", "2750", runner["User"], daemon["Group"]]
    assert "/run/backfilld" in runner["ReadWritePaths"].split()
    for file in ("backfilld.toml", "runner.toml"):
        assert '"/run/backfilld/runner.sock"' in (CONFIG / file).read_text()
