"""What one tick of the heartbeat says, for the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from backfilld.engine.events import Effect
from backfilld.planning.plan import InstanceId
from backfilld.ports.alerts import Alert
from backfilld.ports.executor import Ended

AttemptKey = tuple[InstanceId, int]


@dataclass(frozen=True, slots=True)
class RunRows:
    """The instances of a run by ordinal: task ids, and cycles in seconds from midnight UTC of the business date."""

    business_date: date
    tasks: Sequence[int]
    cycles: Sequence[int]


@dataclass(frozen=True, slots=True)
class Round:
    """All effects of one tick, and what they do not carry themselves.

    `number` grows by one a tick under one lease: a round that is durable already is not written again. `rows` has every
    run admitted in `effects`, `claims` the attempt's UUID (32 hexadecimal digits) of every `Start`, `endings` what the
    executor told of attempts that are closed (none for those it never knew), `alerts` what people are to be told of it.
    """

    number: int
    at: datetime
    effects: Sequence[Effect]
    rows: Mapping[int, RunRows] = field(default_factory=dict)
    claims: Mapping[AttemptKey, str] = field(default_factory=dict)
    endings: Mapping[AttemptKey, Ended] = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
