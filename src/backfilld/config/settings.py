"""The administrator's settings: defaults < file < `BACKFILLD_*` environment < command line (spec 10)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from backfilld.catalog.documents import path_text
from backfilld.catalog.fields import duration
from backfilld.config.alerts import AlertSettings, told
from backfilld.config.folders import default_catalog_dir, default_state_dir
from backfilld.config.retention import RetentionSettings
from backfilld.engine.turns import STARVATION_AFTER
from backfilld.errors import Fault, InvalidSettings
from backfilld.request.resolved import Limits

SYSTEM_FILE = Path("/etc/backfilld/backfilld.toml")
MOST_SLOTS = 10_000
_USUAL = Limits()
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


class Settings(BaseSettings):
    """Everything that is the administrator's to say."""

    model_config = SettingsConfigDict(
        env_prefix="BACKFILLD_", env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    state_dir: Path = Field(default_factory=lambda: default_state_dir(os.environ))
    catalog_dir: Path = Field(default_factory=lambda: default_catalog_dir(os.environ))
    schedules_dir: Path | None = None
    """Left out: the folder `schedules` beside the catalog, if there is one."""
    spool_dir: Path | None = None
    """Where the runner keeps records and logs; left out: `spool` in the state folder."""
    database: str | None = None
    """An SQLAlchemy URL; left out: an SQLite file in the state folder."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8732
    """0 takes any free port; the client finds it."""
    resource_groups: Mapping[str, ResourceGroup] = {"default": ResourceGroup(slots=4)}
    starvation_after: Annotated[timedelta, BeforeValidator(_patience)] = STARVATION_AFTER
    """Who could start but got no slot for so long gets the next one, whatever the priorities."""
    retention: RetentionSettings = RetentionSettings()
    """How long what runs leave behind is kept, unless their request says so."""
    limits: PlanLimits = PlanLimits()
    alerts: AlertSettings = AlertSettings()
    log_level: str = "info"

    @field_validator("host")
    @classmethod
    def _loopback(cls, host: str) -> str:
        try:
            loopback = host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise ValueError("a loopback address, such as 127.0.0.1; others are not built yet")
        return host

    @field_validator("log_level")
    @classmethod
    def _level(cls, level: str) -> str:
        if level not in {"debug", "info", "warning", "error"}:
            raise ValueError("debug, info, warning or error")
        return level

    @property
    def spool(self) -> Path:
        """The runner's folder."""
        return self.spool_dir or self.state_dir / "spool"

    @property
    def store_url(self) -> str:
        """Where the store is."""
        return self.database or f"sqlite:///{self.state_dir / 'backfilld.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, environment, file: the first that says something wins."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(file: Path | None = None, **command_line: Any) -> Settings:
    """The settings of this host; raises `InvalidSettings` with every fault.

    A file that is named must exist; the system's file is read where there is one.
    """
    if file is not None and not file.is_file():
        raise InvalidSettings([Fault("settings", str(file), "a file that exists")])

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file or SYSTEM_FILE)

    try:
        return FromFile(**command_line)
    except ValidationError as error:
        raise InvalidSettings([_fault(each) for each in error.errors()]) from None
    except ValueError as error:
        raise InvalidSettings([Fault("settings", str(file or SYSTEM_FILE), f"a TOML file: {error}")]) from None


def read_secrets(file: Path | None) -> dict[str, str]:
    """The NAME=value lines of a file; raises `InvalidSettings` where it cannot be read or a line is no such line."""
    if file is None:
        return {}
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings([Fault("secrets", str(file), f"a readable text file: {error}")]) from None
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    if wrong := [number for number, (name, equals, _) in enumerate(pairs) if not equals or not name.isidentifier()]:
        raise InvalidSettings([Fault("secrets", f"entry {wrong[0] + 1} of {file}", "NAME=value lines")])
    return {name: value for name, _, value in pairs}


def _fault(error: Any) -> Fault:
    allowed = str(error["ctx"]["error"]) if "error" in error.get("ctx", {}) else error["msg"]
    return Fault(path_text(error["loc"]), told(error["loc"], error["input"]), allowed)
