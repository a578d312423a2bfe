"""The runner's own settings: what it may run for whom, and what only its host knows (spec 7, 10)."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import SettingsConfigDict

from backfilld.config.folders import default_runner_socket, default_spool_dir
from backfilld.config.settings import MOST_SLOTS
from backfilld.config.sources import FileSettings, read_settings

RUNNER_FILE = Path("/etc/backfilld/runner.toml")


class HostGroup(BaseModel):
    """A pool of slots on this host; `secrets` is a file of NAME=value lines for the environment of its attempts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slots: Annotated[int, Field(ge=1, le=MOST_SLOTS)]
    secrets: Path | None = None


class RunnerSettings(FileSettings):
    """Everything that is the administrator's to say about a runner."""

    model_config = SettingsConfigDict(env_prefix="BACKFILLD_RUNNER_")

    socket: Path = Field(default_factory=lambda: default_runner_socket(os.environ))
    spool_dir: Path = Field(default_factory=lambda: default_spool_dir(os.environ))
    """Where it keeps records and logs."""
    daemon_user: str | None = None
    """Who may ask, beside root; left out: the runner's own user, whom its tasks are too."""
    resource_groups: Mapping[str, HostGroup] = {"default": HostGroup(slots=4)}

    @field_validator("daemon_user")
    @classmethod
    def _known(cls, user: str | None) -> str | None:
        if user is not None:
            _number_of(user)
        return user

    @property
    def users(self) -> frozenset[int]:
        """The numbers of the users that may ask."""
        return frozenset({0, os.geteuid() if self.daemon_user is None else _number_of(self.daemon_user)})


def load_runner_settings(file: Path | None = None, **command_line: Any) -> RunnerSettings:
    """The settings of this host's runner; raises `InvalidSettings` with every fault."""
    return read_settings(RunnerSettings, file, RUNNER_FILE, command_line)


def _number_of(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise ValueError("a user of this host") from None
