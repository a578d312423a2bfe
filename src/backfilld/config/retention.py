"""How long runs are kept where their request says nothing, as the administrator's settings have it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from backfilld.request.retention import USUAL, Retention, milliseconds


def _kept(value: object) -> timedelta:
    """Reads a time as a request does, and digits as the environment has them; the default is one already."""
    if isinstance(value, timedelta):
        return value
    given = int(value) if isinstance(value, str) and value.isdecimal() else value
    return timedelta(milliseconds=milliseconds(given))


KeptFor = Annotated[timedelta, BeforeValidator(_kept)]


class RetentionSettings(BaseModel):
    """From the moment a run settles to the one when its instances, attempts and logs go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    success: KeptFor = USUAL.success
    error: KeptFor = USUAL.error

    def times(self) -> Retention:
        """The same as the service takes them."""
        return Retention(self.success, self.error)
