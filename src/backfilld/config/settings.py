"""The administrator's settings of the daemon; `sources` says where they come from (spec 10)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import SettingsConfigDict

from backfilld.catalog.fields import duration
from backfilld.config.alerts import AlertSettings
from backfilld.config.door import RateSettings, account, bindable, network, usable_pair
from backfilld.config.folders import default_catalog_dir, default_runner_socket, default_state_dir
from backfilld.config.retention import RetentionSettings
from backfilld.config.sources import CREDENTIALS, FileSettings, read_settings
from backfilld.engine.turns import STARVATION_AFTER
from backfilld.errors import Fault, InvalidSettings
from backfilld.request.durations import ASSUMED
from backfilld.request.resolved import Limits

SYSTEM_FILE = Path("/etc/backfilld/backfilld.toml")
MOST_SLOTS = 10_000
_USUAL = Limits()
_ELSEWHERE = {
    "local": "with a runner of its own they are that runner's settings",
    "socket": "the daemon's own runner has no socket",
}
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


def _patience(value: object) -> timedelta:
    """Reads a duration as the catalog does; the default is one already."""
    return value if isinstance(value, timedelta) else duration(_SECOND, 7 * _DAY)(value)


class ResourceGroup(BaseModel):
    """A pool of slots, of which `reserved` are kept for scheduled requests.

    `secrets` is a file of NAME=value lines that its attempts find in their environment.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    slots: Annotated[int, Field(ge=1, le=MOST_SLOTS)]
    reserved: Annotated[int, Field(ge=0)] = 0
    secrets: Path | None = None

    @field_validator("reserved")
    @classmethod
    def _leaves_some(cls, reserved: int, info: ValidationInfo) -> int:
        slots = info.data.get("slots")
        if slots is not None and reserved >= slots:
            raise ValueError(f"less than its slots ({slots}): other requests need one")
        return reserved


class PlanLimits(BaseModel):
    """How large a request may be (spec 3)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ranges: Annotated[int, Field(ge=1)] = _USUAL.ranges
    parallelism: Annotated[int, Field(ge=1)] = _USUAL.parallelism
    dates: Annotated[int, Field(ge=1, le=84_000)] = _USUAL.dates
    instances_a_date: Annotated[int, Field(ge=1, le=2**20)] = _USUAL.instances_a_date
    instances: Annotated[int, Field(ge=1)] = _USUAL.instances
    ids: Annotated[int, Field(ge=1)] = _USUAL.ids

    def of_request(self) -> Limits:
        """The same as the request's judges take them."""
        return Limits(**self.model_dump())


class Settings(FileSettings):
    """Everything that is the administrator's to say."""

    model_config = SettingsConfigDict(env_prefix="BACKFILLD_")

    credentials: ClassVar[frozenset[str]] = frozenset({"database"})
    state_dir: Path = Field(default_factory=lambda: default_state_dir(os.environ))
    catalog_dir: Path = Field(default_factory=lambda: default_catalog_dir(os.environ))
    schedules_dir: Path | None = None
    """Left out: the folder `schedules` beside the catalog, if there is one."""
    executor: Literal["local", "socket"] = "local"
    """Where attempts run: in the daemon's own runner, or in the one at `runner_socket`."""
    spool_dir: Path | None = None
    """Where the daemon's own runner keeps records and logs; left out: `spool` in the state folder."""
    runner_socket: Path | None = None
    """Where a runner of its own listens; left out: where one with the same environment does."""
    database: str | None = None
    """An SQLAlchemy URL; left out: an SQLite file in the state folder."""
    tls_certificate: Path | None = None
    """With `tls_key`: the door speaks TLS."""
    tls_key: Path | None = None
    """A file, or the name of one of the unit's credentials."""
    trusted_proxies: tuple[Annotated[str, AfterValidator(network)], ...] = ()
    """Addresses before the door that speak TLS for us and are believed from where a request comes."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8732
    """0 takes any free port; the client finds it."""
    allowed_hosts: tuple[Annotated[str, Field(min_length=1, max_length=253)], ...] = ()
    """Names that requests may be for, besides those of loopback; left out: those of loopback, or any elsewhere."""
    rate_limits: RateSettings = RateSettings()
    cloudflare_accounts: Mapping[str, Annotated[str, AfterValidator(account)]] = {}
    """Which account a project is, by its name or id, to Cloudflare's clients; left out: its id in 32 digits."""
    resource_groups: Mapping[str, ResourceGroup] = {"default": ResourceGroup(slots=4)}
    starvation_after: Annotated[timedelta, BeforeValidator(_patience)] = STARVATION_AFTER
    """Who could start but got no slot for so long gets the next one, whatever the priorities."""
    assumed_duration: Annotated[timedelta, BeforeValidator(_patience)] = ASSUMED
    """What a task without history is taken to last, by forecasts and by `fit_window`."""
    retention: RetentionSettings = RetentionSettings()
    """How long what runs leave behind is kept, unless their request says so."""
    limits: PlanLimits = PlanLimits()
    alerts: AlertSettings = AlertSettings()

    @field_validator("tls_key")
    @classmethod
    def _pair(cls, key: Path | None, info: ValidationInfo) -> Path | None:
        usable_pair(info.data.get("tls_certificate"), key)
        return key

    @field_validator("host")
    @classmethod
    def _reachable(cls, host: str, info: ValidationInfo) -> str:
        return bindable(host, guarded=bool(info.data.get("tls_key") or info.data.get("trusted_proxies")))

    @field_validator("cloudflare_accounts")
    @classmethod
    def _one_project_each(cls, accounts: Mapping[str, str]) -> Mapping[str, str]:
        if len(set(accounts.values())) < len(accounts):
            raise ValueError("another account for each project")
        return accounts

    @field_validator("spool_dir", "runner_socket")
    @classmethod
    def _of_the_executor(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        meant = {"spool_dir": "local", "runner_socket": "socket"}[str(info.field_name)]
        if path is not None and info.data.get("executor", meant) != meant:
            raise ValueError(f'left out, or executor = "{meant}": {_ELSEWHERE[meant]}')
        return path

    @field_validator("resource_groups")
    @classmethod
    def _secrets_are_the_runner_s(
        cls, groups: Mapping[str, ResourceGroup], info: ValidationInfo
    ) -> Mapping[str, ResourceGroup]:
        if info.data.get("executor") == "socket" and (named := [n for n, group in groups.items() if group.secrets]):
            raise ValueError(f"no secrets of {', '.join(named)}: {_ELSEWHERE['local']}")
        return groups

    @property
    def guarded(self) -> bool:
        """Whether tokens go through TLS on their way to the door, wherever that is."""
        return self.tls_key is not None or bool(self.trusted_proxies)

    @property
    def spool(self) -> Path:
        """The runner's folder."""
        return self.spool_dir or self.state_dir / "spool"

    @property
    def store_url(self) -> str:
        """Where the store is."""
        return self.database or f"sqlite:///{self.state_dir / 'backfilld.db'}"

    @property
    def runner_address(self) -> Path:
        """The socket of a runner of its own."""
        return self.runner_socket or default_runner_socket(os.environ)


def load_settings(file: Path | None = None, **command_line: Any) -> Settings:
    """The settings of this host; raises `InvalidSettings` with every fault.

    A file that is named must exist; the system's file is read where there is one.
    """
    return read_settings(Settings, file, SYSTEM_FILE, command_line)


def read_secrets(file: Path | None) -> dict[str, str]:
    """The NAME=value lines of a file, which may be a credential's name; raises `InvalidSettings` for any other."""
    if file is None:
        return {}
    file = Path(os.environ.get(CREDENTIALS, "")) / file
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings([Fault("secrets", str(file), f"a readable text file: {error}")]) from None
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    if wrong := [number for number, (name, equals, _) in enumerate(pairs) if not equals or not name.isidentifier()]:
        raise InvalidSettings([Fault("secrets", f"entry {wrong[0] + 1} of {file}", "NAME=value lines")])
    return {name: value for name, _, value in pairs}
