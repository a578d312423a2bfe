"""When a backfill may start its attempts, and how slots are given to it, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.catalog.models import RunPolicy
from backfilld.dates import utc_text_or_none
from backfilld.engine.turns import Fairness


class FairnessView(TypedDict):
    """How slots were given: attempts started; and since the daemon's start, how many out of turn after a long wait.

    Since `waited_for_slot_since` something of the backfill has lacked nothing but a slot.
    """

    starts: int
    starved: int
    waited_for_slot_since: str | None


class RunPolicyView(TypedDict):
    """The times of day from which and through which attempts may start, in the zone of the request's project."""

    type: str
    start_time: str
    end_time: str
    immediately: bool


def run_policy_view(policy: RunPolicy | None) -> RunPolicyView | None:
    """The policy of a request as JSON."""
    if policy is None:
        return None
    return {
        "type": policy.kind,
        "start_time": policy.start.isoformat(),
        "end_time": policy.end.isoformat(),
        "immediately": policy.immediately,
    }


def fairness_view(fairness: Fairness | None) -> FairnessView | None:
    """How slots were given, as JSON; null once the backfill is done and the engine has let it go."""
    if fairness is None:
        return None
    return {
        "starts": fairness.starts,
        "starved": fairness.starved,
        "waited_for_slot_since": utc_text_or_none(fairness.waits_since),
    }
