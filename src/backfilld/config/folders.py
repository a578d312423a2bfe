"""Where things are on a host that says nothing else; the client asks too, so nothing heavy is imported here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ENDPOINT = "endpoint.json"
"""In the state folder: address and token of the daemon, for clients of the same user."""


def default_state_dir(environment: Mapping[str, str]) -> Path:
    """`/var/lib/backfilld` for root and under systemd, else below the user's own state folder."""
    if "STATE_DIRECTORY" in environment:
        return Path(environment["STATE_DIRECTORY"].split(":")[0])
    if os.geteuid() == 0:
        return Path("/var/lib/backfilld")
    return Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "backfilld"


def default_catalog_dir(environment: Mapping[str, str]) -> Path:
    """`/etc/backfilld/catalog` for root, else below the user's own configuration folder."""
    if os.geteuid() == 0:
        return Path("/etc/backfilld/catalog")
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "backfilld" / "catalog"


def contexts_file(environment: Mapping[str, str]) -> Path:
    """Where this user has said which daemons there are; root is a user like others here."""
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "backfilld" / "contexts.toml"


def default_spool_dir(environment: Mapping[str, str]) -> Path:
    """Where a runner of its own keeps what the one inside the daemon would: so either adopts the other's attempts."""
    return default_state_dir(environment) / "spool"


def default_runner_socket(environment: Mapping[str, str]) -> Path:
    """`/run/backfilld/runner.sock` for root and under systemd, else in the user's own runtime or state folder."""
    if os.geteuid() == 0 or "STATE_DIRECTORY" in environment:
        return Path("/run/backfilld/runner.sock")
    runtime = environment.get("XDG_RUNTIME_DIR")
    return (Path(runtime) / "backfilld" if runtime else default_state_dir(environment)) / "runner.sock"
