"""Every error raised on purpose: it carries values, has a stable code and reads as a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; line and column count from one."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the field's path, what was given, what is allowed, and where it stands if known.

    >>> str(Fault("parallelism", "11", "an integer from 1 to 10"))
    'parallelism: given 11; allowed: an integer from 1 to 10'
    """

    path: str
    given: str
    allowed: str
    place: Place | None = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        subject = f"{self.path}: " if self.path else ""
        return f"{where}{subject}given {self.given}; allowed: {self.allowed}"


MOST_FAULTS = 1_000
"""Faults that anybody would read; past that only that there are more is said, as each costs time and memory."""
MORE = Fault("", "more faults than these", f"none; the first {MOST_FAULTS:,} are listed")


class ProductError(Exception):
    """An error that a user can understand; `code` is stable."""

    code = "error"

    @property
    def faults(self) -> Sequence[Fault]:
        """The single faults behind this error, one a line for people."""
        return ()

    @property
    def members(self) -> Mapping[str, object]:
        """What a program may want to know of it, in JSON values."""
        return {}


class Faulty(ProductError):
    """Something given was refused, with every fault at once, or the first `MOST_FAULTS`."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        if len(faults) > MOST_FAULTS and faults[-1] is not MORE:
            faults = [*faults[:MOST_FAULTS], MORE]
        super().__init__("\n".join(map(str, faults)))
        self._faults = tuple(faults)

    @property
    def faults(self) -> Sequence[Fault]:
        """Every fault."""
        return self._faults


class InvalidCatalog(Faulty):
    """The catalog is refused whole; the running one stays."""

    code = "invalid_catalog"


class InvalidRequest(Faulty):
    """The request is refused; nothing was written."""

    code = "invalid_request"


class InvalidSchedules(Faulty):
    """The schedules are refused whole; the running ones stay."""

    code = "invalid_schedules"


class InvalidSettings(Faulty):
    """The settings are refused; the daemon does not start."""

    code = "invalid_settings"


class DependencyLoop(ProductError):
    """Tasks or task instances wait for each other in a ring."""

    code = "dependency_loop"

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__("these wait for each other: " + " -> ".join(path))
        self.path = tuple(path)


class NoChain(ProductError):
    """No dependency path leads from the first task to the second."""

    code = "no_chain"

    def __init__(self, start: str, end: str, *, reversed_path: bool) -> None:
        hint = f"; there is one from {end} to {start}: reversed?" if reversed_path else ""
        super().__init__(f"no dependency path leads from {start} to {end}{hint}")
        self.start, self.end, self.reversed_path = start, end, reversed_path


class NotDownstream(ProductError):
    """Mode General takes only the root and tasks downstream of it."""

    code = "not_downstream"

    def __init__(self, root: str, tasks: Sequence[str]) -> None:
        super().__init__(f"mode General runs tasks downstream of {root}; these are not: {', '.join(tasks)}")
        self.root, self.tasks = root, tuple(tasks)


class PlanTooLarge(ProductError):
    """The plan would pass a limit; counted before anything is expanded."""

    code = "plan_too_large"

    def __init__(self, what: str, size: int, limit: int) -> None:
        super().__init__(f"the plan would have {size:,} {what}; the limit is {limit:,}")
        self.what, self.size, self.limit = what, size, limit


class NotFound(ProductError):
    """No such thing, or not for this caller."""

    code = "not_found"

    def __init__(self, what: str, ref: object) -> None:
        super().__init__(f"there is no {what} {ref}")
        self.what, self.ref = what, ref


class Expired(ProductError):
    """It was there, and is not kept any more."""

    code = "expired"

    def __init__(self, what: str, ref: object, since: datetime, hint: str = "") -> None:
        moment = since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        super().__init__(f"{what} {ref} is not kept any more: it went at {moment}, by its instance_retention{hint}")
        self.what, self.ref, self.since = what, ref, since


class IllegalTransition(ProductError):
    """A state cannot take this event: a programming error or a late message."""

    code = "illegal_transition"

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{event} is not possible in state {state}")
        self.state, self.event = state, event


class PlanChanged(ProductError):
    """The backfill's plan, made again, is not the one that was accepted: its stored states would be misread."""

    code = "plan_changed"

    def __init__(self, backfill: int, parts: Sequence[str] = ()) -> None:
        """`parts` are what is different: dates, tasks, cycles, edges."""
        other = f", it has other {' and '.join(parts)}" if parts else ""
        super().__init__(
            f"backfill {backfill} is paused: its plan is no longer the one that was accepted{other} "
            "(new time-zone data, say); submit it again"
        )
        self.backfill = backfill


class StoreConflict(ProductError):
    """Another daemon holds the store, or took it over."""

    code = "store_conflict"


class KeyReused(ProductError):
    """An idempotency key came back with another request."""

    code = "idempotency_key_reused"

    def __init__(self, key: str) -> None:
        super().__init__(f"the idempotency key {key} was used for another request")
        self.key = key


class AlreadyExists(Faulty):
    """What was to be created under a caller's own name is there; nothing was written."""

    code = "already_exists"

    def __init__(self, instance_ids: Sequence[str], paths: Mapping[str, str] | None = None) -> None:
        """`paths` say where the ids were given."""
        where = paths or {}
        allowed = "an id that no backfill of the project has"
        super().__init__([Fault(where.get(each, "instance_id"), each, allowed) for each in instance_ids])
        self.instance_ids = tuple(instance_ids)


class AnswerLost(ProductError):
    """What was asked under an idempotency key was done, but its answer could not be kept; it is not done again."""

    code = "answer_lost"

    def __init__(self, key: str, at: datetime) -> None:
        moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        super().__init__(
            f"what was asked under the idempotency key {key} was done at {moment} and is not done again; "
            "the daemon ended before its answer was kept: look at what it was about"
        )
        self.key, self.at = key, at


class ForecastFailed(ProductError):
    """No forecast was made: it took too long, or the helper that makes them has ended."""

    code = "forecast_failed"


class Unsealable(ProductError):
    """A stored secret cannot be read: it was sealed under another key, or changed since."""

    code = "unsealable"


class StoreUnavailable(ProductError):
    """The store could not answer now (locked, disk full, connection lost); the same call may be repeated."""

    code = "store_unavailable"


class MaybeDone(StoreUnavailable):
    """The store was too slow to say whether what was asked is durable: asked again, it may be done twice."""

    def __init__(self, trouble: str) -> None:
        super().__init__(f"it may have been done, or may be done yet, so look before you ask again: {trouble}")
