"""Why not yet, in one sentence: what people and JSON are told of the reasons that the engine gives in codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from backfilld.engine.explaining import Crowd, Why
from backfilld.engine.states import HELD, PASS_THROUGH, STOPPING, State
from backfilld.errors import ProductError
from backfilld.service.explaining import Explained, Seen
from backfilld.service.waiters import Waiters

NAMED = 3
"""How many upstream instances a sentence names; JSON has more."""
_FAR = timedelta(hours=20)


def sentence(explained: Explained) -> str:
    """What keeps the instance, or how it ended."""
    why, now = explained.why, explained.now
    if why.code in ("waits_for", "blocked") and explained.waits_for:
        said = _upstream(explained)
    elif why.state in (State.WAITING, State.READY):
        said = reason(why, now, explained.obstacle)
    else:
        said = _ended_or_running(explained)
    return "; ".join([said, *_flags(why)])


def reason_of_many(waiters: Waiters, now: datetime, obstacle: ProductError | None) -> str:
    """What keeps each of them."""
    said = reason(waiters.why, now, obstacle)
    return f"{said} (the first of them)" if waiters.why.until and waiters.count > 1 else said


def reason(why: Why, now: datetime, obstacle: ProductError | None = None) -> str:
    """What a code means; the time where one is known.

    >>> reason(Why(1, "queued_behind", backfill=3), datetime(2024, 3, 1, tzinfo=UTC))
    'queued behind backfill 3, which holds the same cycle'
    >>> reason(Why(1, "runs_elsewhere"), datetime(2024, 3, 1, tzinfo=UTC))
    'the same cycle runs in another backfill'
    """
    if why.code == "plan_changed":
        return str(obstacle)
    return SENTENCES.get(why.code, _plain)(why, now)


def _crowd(why: Why) -> Crowd:
    assert why.crowd
    return why.crowd


def _no_slot(why: Why, now: datetime) -> str:
    crowd = _crowd(why)
    if not crowd.limit:
        return f"no slot in {crowd.name}: the settings give it none"
    return f"no slot in {crowd.name}: {crowd.inside} of {crowd.limit} are taken{_by(crowd)}"


def _max_active(why: Why, now: datetime) -> str:
    crowd = _crowd(why)
    return f"{crowd.name} runs {crowd.inside} of at most {crowd.limit} times at once (max_active){_by(crowd)}"


def _by(crowd: Crowd) -> str:
    """Whose those inside are."""
    if not crowd.backfills:
        return ""
    *others, last = map(str, crowd.backfills)
    return f", by backfills {', '.join(others)} and {last}" if others else f", by backfill {last}"


def _rival(why: Why) -> str:
    """One that is of no project of whoever asks is not named."""
    return "another backfill" if why.backfill is None else f"backfill {why.backfill}"


def _fit(why: Why, now: datetime) -> str:
    if why.until is None:
        return "it takes longer than its run window ever stays open (fit_window): trigger it, or widen the window"
    return f"it might not end before its run window closes (fit_window): it may start at {at(why.until, now)}"


def _dates(why: Why, now: datetime) -> str:
    return f"its date has no place: {_crowd(why).inside} of {_crowd(why).limit} dates in flight"


def _kept(why: Why, now: datetime) -> str:
    limit = _crowd(why).limit
    whose = "a failed date keeps the only one" if limit == 1 else f"failed dates keep all {limit}"
    return f"its date has no place: {whose} (on_failure Hold)"


def _plain(why: Why, now: datetime) -> str:
    """Any other gate: its code, and until when."""
    return f"{why.code.replace('_', ' ')}{f' until {at(why.until, now)}' if why.until else ''}"


def _when(said: str, then: str) -> Callable[[Why, datetime], str]:
    """What is said, and `then` where the moment is known."""
    return lambda why, now: f"{said}{then} {at(why.until, now)}" if why.until else said


def _always(said: str) -> Callable[[Why, datetime], str]:
    return lambda why, now: said


SENTENCES: Mapping[str, Callable[[Why, datetime], str]] = MappingProxyType(
    {
        "paused": _when("paused", " until"),
        "held": _always("held until it is released"),
        "retry_not_due": _when("retry", " not before"),
        "not_before": _when("set to start later", ": not before"),
        "cycle_not_come": _when("its cycle time", " comes at"),
        "window_closed": _when("its run window is closed", " until"),
        "fit_window": _fit,
        "queued_behind": lambda why, now: f"queued behind {_rival(why)}, which holds the same cycle",
        "runs_elsewhere": lambda why, now: f"the same cycle runs in {_rival(why)}",
        "max_active": _max_active,
        "no_slot": _no_slot,
        "starts_next": _always("nothing keeps it: it starts next"),
        "waits_for": _always("waits for what is upstream of it"),
        "blocked": _always("blocked by what failed, was lost or was cancelled upstream of it"),
        "no_place": _dates,
        "places_kept": _kept,
        "date_paused": _when("its date is paused", " until"),
        "first_begun": _always("the first dates are to be settled and looked at before more begin"),
        "date_ahead": _when("its date lies ahead", ": its first cycle comes at"),
        "not_begun": _always("its backfill is being accepted"),
        "running": _always("runs"),
    }
)
"""By code: the gates of the engine, what keeps a waiting instance, and what keeps a whole backfill."""


def at(moment: datetime, now: datetime) -> str:
    """A moment in UTC, with its date unless it is near.

    >>> now = datetime(2024, 3, 1, 2, tzinfo=UTC)
    >>> at(now.replace(minute=14, second=30), now), at(now.replace(day=2), now)
    ('02:14:30 UTC', '2024-03-02 02:00 UTC')
    """
    moment = moment.astimezone(UTC)
    day = "" if abs(moment - now) < _FAR else f"{moment:%Y-%m-%d} "
    return f"{day}{moment:%H:%M}{f':{moment:%S}' if moment.second else ''} UTC"


def _upstream(explained: Explained) -> str:
    named: Sequence[Seen] = explained.waits_for[:NAMED]
    more = len(explained.waits_for) - len(named) + explained.more
    said = ", ".join(_one_upstream(each, explained.now) for each in named)
    verb = "waits for" if explained.why.code == "waits_for" else "blocked by"
    return f"{verb} {said}{f', and {more:,} more' if more else ''}"


def _one_upstream(seen: Seen, now: datetime) -> str:
    """Such as `extract of 2024-03-01 (running since 02:10 UTC)`."""
    state = seen.shown.stored.state
    since = ""
    if seen.since and state is State.RUNNING:
        since = f" since {at(seen.since, now)}"
    elif seen.since and state not in (State.WAITING, State.READY):
        since = f" at {at(seen.since, now)}"
    return f"{seen.shown.task} of {seen.shown.business_date} ({state.name.lower()}{since}{_exit(seen)})"


def _exit(seen: Seen) -> str:
    failed = seen.shown.stored.state is State.FAILED and seen.last is not None and seen.last.exit_code is not None
    return f", exit code {seen.last.exit_code}" if failed and seen.last else ""


def _ended_or_running(explained: Explained) -> str:
    seen, state, now = explained.about, explained.why.state, explained.now
    if state is State.LEFT_OUT:
        return "left out by the plan"
    attempt = f" (attempt {seen.last.number}{_exit(seen)})" if seen.last else ""
    if state is State.RUNNING:
        since = f" since {at(seen.since, now)}" if seen.since else ""
        end = f", usually done by {at(explained.expected_end, now)}" if explained.expected_end else ""
        return f"runs{since}{attempt}{end}"
    return f"{state.name.lower()}{f' at {at(seen.since, now)}' if seen.since else ''}{attempt}"


def _flags(why: Why) -> list[str]:
    """What is to be known beside the reason."""
    found = []
    if why.byte & STOPPING and why.state is State.RUNNING:
        found.append("it is being stopped")
    if why.byte & HELD and why.code != "held":
        found.append("it is held as well")
    if why.byte & PASS_THROUGH and why.state is State.WAITING:
        found.append("the plan passes it through")
    return found
