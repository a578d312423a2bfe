"""Where settings come from, and who wins: defaults < file < credentials < environment < command line (spec 10)."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from backfilld.catalog.documents import path_text
from backfilld.config.alerts import told
from backfilld.errors import Fault, InvalidSettings

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The environment variable by which systemd names the folder of a unit's credentials."""


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


class FileSettings(BaseSettings):
    """Settings of one program of this package."""

    model_config = SettingsConfigDict(env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True)

    credentials: ClassVar[frozenset[str]] = frozenset()
    """The settings that may be files of their own name in the folder of credentials."""
    log_level: str = "info"
    log_format: LogFormat = LogFormat.AUTO
    """JSON where the journal reads it, else text for people; or always one of them."""

    @field_validator("log_level")
    @classmethod
    def _level(cls, level: str) -> str:
        if level not in {"debug", "info", "warning", "error"}:
            raise ValueError("debug, info, warning or error")
        return level

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, environment, credentials, file: the first that says something wins."""
        credentials = Credentials(settings_cls, cls.credentials)
        return init_settings, env_settings, credentials, TomlConfigSettingsSource(settings_cls)


class Credentials(PydanticBaseSettingsSource):
    """Secrets that systemd hands over as files; an empty one says nothing, as a unit's default does."""

    def __init__(self, settings_cls: type[BaseSettings], names: frozenset[str]) -> None:
        super().__init__(settings_cls)
        self._names = names

    def __call__(self) -> dict[str, Any]:
        """Every credential that is there."""
        found = {name: read_credential(name) for name in self._names}
        return {name: text for name, text in found.items() if text}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """One credential."""
        return self().get(field_name), field_name, False


def read_credential(name: str) -> str:
    """A credential's text, less the line's end; empty where there is none. Raises `InvalidSettings`."""
    file = Path(os.environ.get(CREDENTIALS, "/nonexistent"), name)
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings([Fault(name, str(file), f"a readable text file: {error}")]) from None


S = TypeVar("S", bound=FileSettings)


def read_settings(kind: type[S], file: Path | None, usual: Path, command_line: dict[str, Any]) -> S:
    """Settings of a kind; raises `InvalidSettings` with every fault.

    A file that is named must exist; the usual one is read where there is one.
    """
    if file is not None and not file.is_file():
        raise InvalidSettings([Fault("settings", str(file), "a file that exists")])
    from_file = type(kind.__name__, (kind,), {"model_config": SettingsConfigDict(toml_file=file or usual)})
    try:
        found: S = from_file(**command_line)
        return found
    except ValidationError as error:
        raise InvalidSettings([_fault(each) for each in error.errors()]) from None
    except ValueError as error:
        raise InvalidSettings([Fault("settings", str(file or usual), f"a TOML file: {error}")]) from None


def _fault(error: Any) -> Fault:
    allowed = str(error["ctx"]["error"]) if "error" in error.get("ctx", {}) else error["msg"]
    return Fault(path_text(error["loc"]), told(error["loc"], error["input"]), allowed)
