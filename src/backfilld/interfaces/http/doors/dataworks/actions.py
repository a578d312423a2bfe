"""An operation of the door: what it asks of a caller, which fields it takes, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.dataworks.fields import Form
from backfilld.service.access import Caller, Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was admitted: the use cases as they are for its caller, and the fields that it gives."""

    services: Services
    caller: Caller
    fields: Mapping[str, Any]

    @property
    def now(self) -> datetime:
        """The daemon's time."""
        return self.services.ticker.clock.now()

    def get(self, name: str, default: Any = None) -> Any:
        """What a field says; the default where it is left out."""
        return self.fields.get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


@dataclass(frozen=True, slots=True)
class Action:
    """One operation, by its name there."""

    name: str
    scope: Scope
    form: Form
    do: Callable[[Asked], Mapping[str, object]]
