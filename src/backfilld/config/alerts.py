"""Who may be told, through which channels, and of what: the administrator's allow list (spec 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from backfilld.catalog.documents import shown
from backfilld.catalog.fields import LONGEST_NAME, duration
from backfilld.errors import Fault, InvalidSettings
from backfilld.ports import AlertEvent
from backfilld.request.alerts import BOTH

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The variable with which systemd says where a unit's credentials are."""
HIDDEN = "a value that is not shown"
STALLED_AFTER = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", re.ASCII)
_HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*\.?", re.ASCII | re.IGNORECASE)


def _from(low: timedelta, high: timedelta) -> BeforeValidator:
    """Reads a duration as the catalog does; a default is one already."""
    read = duration(low, high)
    return BeforeValidator(lambda value: value if isinstance(value, timedelta) else read(value))


def _hosts(value: object) -> object:
    """Names, addresses, and networks of them."""
    for each in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(each, str) or not (_HOST.fullmatch(each) or _is_network(each)):
            raise ValueError(f"host names, addresses and networks such as 10.1.0.0/16; {shown(each)} is none")
    return value


def told(path: tuple[object, ...], given: object) -> str:
    """What was given, for a fault: nothing that may be, or have in it, a channel's URL."""
    secret = path[:2] == ("alerts", "channels") or (path[:1] == ("alerts",) and isinstance(given, Mapping))
    return HIDDEN if secret else shown(given)


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


class Channel(BaseModel):
    """Where messages go: an Apprise URL, or a file with one; a name without a folder is a credential of the unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr | None = None
    file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_of_them(self) -> Channel:
        if (self.url is None) == (self.file is None):
            raise ValueError('a URL such as "mailtos://user:password@example.org", or {file = "..."} with one in it')
        if self.url is not None and not _URL.fullmatch(self.url.get_secret_value()):
            raise ValueError("a URL without blanks, as the Apprise documentation writes it: mailtos://..., slack://...")
        return self

    def read(self, name: str, environment: Mapping[str, str]) -> str:
        """The URL; raises `InvalidSettings` where the file does not hold one."""
        if self.url is not None:
            return self.url.get_secret_value()
        assert self.file is not None
        folder, path = environment.get(CREDENTIALS), f"alerts.channels.{name}.file"
        if folder is None and not self.file.is_absolute():
            raise InvalidSettings([Fault(path, str(self.file), f"a whole path: there is no ${CREDENTIALS} to look in")])
        file = Path(folder or "/") / self.file
        try:
            url = file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidSettings([Fault(path, str(file), f"a readable text file: {error}")]) from None
        if not _URL.fullmatch(url):
            raise InvalidSettings([Fault(path, str(file), "a file with one URL in it, and nothing else")])
        return url


class AlertSettings(BaseModel):
    """The channels that requests may name, and what the operator is told beyond what requests ask for.

    `channel` is the operator's own; without it nobody is told more than was asked. Channels reach no private or
    loopback address but those of `allow_hosts`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: Mapping[str, Channel] = {}
    channel: str | None = None
    events: frozenset[AlertEvent] = frozenset({AlertEvent.FIRST_FAILURE, AlertEvent.STALLED, AlertEvent.STARVED})
    stalled_after: Annotated[timedelta, _from(_MINUTE, 30 * _DAY)] = STALLED_AFTER
    """Nothing of a backfill could start for so long, though it is its turn."""
    give_up_after: Annotated[timedelta, _from(_MINUTE, 30 * _DAY)] = GIVE_UP_AFTER
    """A message that no channel took for so long is not tried again."""
    allow_hosts: Annotated[tuple[str, ...], BeforeValidator(_hosts)] = ()

    @field_validator("channels")
    @classmethod
    def _named(cls, channels: Mapping[str, Channel]) -> Mapping[str, Channel]:
        for name in channels:
            if name == BOTH or not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
                raise ValueError(f"names of 1 to {LONGEST_NAME} printable characters; {BOTH} is Sms and Mail together")
        return channels

    @field_validator("channel")
    @classmethod
    def _configured(cls, channel: str | None, info: ValidationInfo) -> str | None:
        channels = info.data.get("channels")
        if channel is not None and channels is not None and channel not in channels:
            raise ValueError(f"one of alerts.channels: {', '.join(sorted(channels)) or 'there is none'}")
        return channel

    @field_validator("events")
    @classmethod
    def _through_something(cls, events: frozenset[AlertEvent], info: ValidationInfo) -> frozenset[AlertEvent]:
        if events and info.data.get("channel", "wrong already") is None:
            raise ValueError("nothing, unless alerts.channel says through which channel")
        return events

    def urls(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The URL of each channel, secrets and all; raises `InvalidSettings`."""
        return {name: channel.read(name, environment) for name, channel in self.channels.items()}
