"""Who is told when a backfill has ended (spec 3, `alert`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from backfilld.catalog.documents import shown
from backfilld.request.faults import FieldFault

AlertType = Literal["Success", "Failure", "SuccessFailure"]
BOTH = "SmsMail"
"""Not a channel, but the two of these names."""
_CHANNELS = {BOTH: ("Sms", "Mail")}


@dataclass(frozen=True, slots=True)
class AskedAlert:
    """After which endings a message goes through these channels."""

    type: AlertType
    channels: tuple[str, ...]

    def wants(self, outcome: str) -> bool:
        """Whether this ending is to be told: one that is no success, a cancelled one too, is a failure."""
        return ("Success" if outcome == "succeeded" else "Failure") in self.type


def channels_of(notice_type: str) -> tuple[str, ...]:
    """The channels that a `notice_type` means.

    >>> channels_of("SmsMail"), channels_of("Mail")
    (('Sms', 'Mail'), ('Mail',))
    """
    return _CHANNELS.get(notice_type, (notice_type,))


def channel_faults(path: tuple[str, ...], notice_type: str, configured: Collection[str] | None) -> Iterator[FieldFault]:
    """A channel that the administrator has not configured; None takes any."""
    if configured is None or not (missing := [each for each in channels_of(notice_type) if each not in configured]):
        return
    there = ", ".join(sorted(configured)) or "there is none"
    lacking = f" ({' and '.join(missing)} {'are' if missing[1:] else 'is'} not)" if notice_type == BOTH else ""
    yield FieldFault(path, shown(notice_type), f"a channel that is configured: {there}{lacking}")
