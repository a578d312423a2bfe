"""States that are asked for: judged as Prefect's server judges, done by our acts, remembered word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any
from uuid import uuid4

from backfilld.engine.asking import Targets, Verdict, Word
from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import STATE_MASK
from backfilld.engine.states import State as InstanceState
from backfilld.errors import Fault, InvalidRequest, NotFound, ProductError, StoreConflict, StoreUnavailable
from backfilld.interfaces.http.doors.prefect.notes import DELETED, OBJECT, PAUSED_UNTIL, STATES, VENDOR
from backfilld.interfaces.http.doors.prefect.reading import FlowRuns, Seen, is_given_up
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.prefect.facts import halted
from backfilld.interfaces.vendors.prefect.history import MOST_STATES, UNRESUMED, Said, State, asked_state, said
from backfilld.interfaces.vendors.prefect.moves import Move, Standing, moves
from backfilld.interfaces.vendors.prefect.states import AskedState
from backfilld.interfaces.vendors.prefect.transitions import Decision, Question, Status, decide
from backfilld.planning.plan import instance_id
from backfilld.ports import Annotation
from backfilld.service.access import ITSELF, Caller
from backfilld.service.operators import MOST_NAMED, Wish
from backfilld.service.parts_seen import refuse_part
from backfilld.service.wishes import wish_of

MOST_OTHERS = 500
"""Other runs of a backfill that are paused one by one so that one of them can go on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a state that was asked for; `state` is the one that the run has afterwards."""

    status: Status
    state: State
    reason: str = ""
    delay_seconds: int = 0
    made: bool = False
    """Whether a new state was put in place."""

    def view(self) -> dict[str, Any]:
        """As JSON."""
        details: dict[str, Any] = {"type": f"{self.status.lower()}_details"}
        if self.status != "ACCEPT":
            details["reason"] = self.reason
        if self.status == "WAIT":
            details["delay_seconds"] = self.delay_seconds
        return {"status": self.status, "state": self.state.view(), "details": details}


class States:
    """Puts states in place, one after the other: what a run was told is in the order in which it was told."""

    def __init__(self, turn: Lock) -> None:
        """`turn` is theirs who act on runs of this door."""
        self._turn = turn
        self.keys = Lock()
        """Whose turn it is to make a run under a key."""

    def put(self, services: Services, caller: Caller, seen: Seen, asked: AskedState, *, force: bool) -> Outcome:
        """Have a run come to a state; `NotFound` if it has gone meanwhile."""
        with self._turn:
            return _put(services, caller, _fresh(services, seen), asked, force=force)

    def begin(self, services: Services, caller: Caller, seen: Seen, asked: AskedState) -> Outcome:
        """Start the backfill of a run that was just made in its first state."""
        with self._turn:
            return _put(services, caller, seen, asked, force=True, before=(Move("start", "backfill"),))

    def give_up(self, services: Services, seen: Seen) -> Seen:
        """Have a run failed that was not resumed in time, unless somebody was faster."""
        with self._turn, suppress(NotFound):  # it may have been deleted meanwhile
            seen = _fresh(services, seen)
            if is_given_up(seen, services.ticker.clock.now()):
                _put(services, ITSELF, seen, AskedState(type="FAILED", message=UNRESUMED), force=True)
            return _fresh(services, seen)
        return seen

    def delete(self, services: Services, caller: Caller, seen: Seen) -> None:
        """End what goes on, and show the run no more at this door."""
        with self._turn:
            seen = _fresh(services, seen)
            ending = (Move("cancel", "run"),) if seen.facts.ended is None else ()
            refusal = _carry_out(services, caller, seen, ending, {DELETED: True, PAUSED_UNTIL: None})
            if refusal is not None:
                raise InvalidRequest([Fault("id", str(seen.flow_run.id), f"a run that can be cancelled: {refusal}")])
            services.pauses.keep(seen.shown.number, None)


def _fresh(services: Services, seen: Seen) -> Seen:
    return FlowRuns(services, services.ticker.clock.now()).one(seen.flow_run.id)


def _put(
    services: Services,
    caller: Caller,
    seen: Seen,
    asked: AskedState,
    *,
    force: bool,
    before: tuple[Move, ...] = (),
) -> Outcome:
    now, was = services.ticker.clock.now(), seen.flow_run.state
    question = Question(was.type, asked.type, asked.name, was.due, seen.flow_run.deployment_id is not None)
    decision = Decision("ACCEPT", asked.type) if force else decide(question, now)
    if decision.put is None:
        return Outcome(decision.status, was, decision.reason, decision.delay_seconds)
    wanted = asked if decision.put == asked.type else AskedState(type=decision.put, message=asked.message)
    state = asked_state(seen.flow_run.id, wanted, uuid4(), was.due, now)
    kept, until = _kept(seen, first=bool(before)), state.pause_timeout if state.type == "PAUSED" else None
    notes = {STATES: _newest(kept, said(state, None)), PAUSED_UNTIL: until and until.isoformat()}
    refusal = _carry_out(services, caller, seen, (*before, *_moves(services, seen, wanted, force=force)), notes)
    if refusal is not None:
        return Outcome("REJECT", _fresh(services, seen).flow_run.state, refusal)
    services.pauses.keep(seen.shown.number, until)
    _look_after(services, seen, kept, state)
    return Outcome(decision.status, state, decision.reason, made=True)


def _look_after(services: Services, seen: Seen, kept: Sequence[Said], state: State) -> None:
    """Keep how the run stands after the act; a store in trouble need not: what was said is durable without it."""
    with suppress(StoreUnavailable):
        facts = FlowRuns(services, services.ticker.clock.now()).facts(seen)
        _note(services, seen, {STATES: _newest(kept, said(state, facts))})


def _moves(services: Services, seen: Seen, asked: AskedState, *, force: bool) -> tuple[Move, ...]:
    opened = bool(services.store.state_bytes(seen.shown.number))
    standing = Standing(seen.facts, halted(seen.shown.word, seen.shown.marks), opened)
    return moves(asked, standing, services.ticker.clock.now(), force=force)


def _kept(seen: Seen, *, first: bool) -> tuple[Said, ...]:
    """What was said before, and the state before it too, if there was one that nobody has put there."""
    before = seen.flow_run.state
    unsaid = not first and (not seen.kept or seen.kept[-1]["id"] != str(before.id))
    return (*seen.kept, said(before, seen.facts)) if unsaid else seen.kept


def _newest(kept: Sequence[Said], state: Said) -> list[Said]:
    return [*kept, state][-MOST_STATES:]


def _note(services: Services, seen: Seen, words: Mapping[str, Any]) -> None:
    services.annotations.annotate(_notes(seen, words), services.ticker.clock.now())


def _notes(seen: Seen, words: Mapping[str, Any]) -> list[Annotation]:
    return [Annotation(VENDOR, OBJECT, str(seen.shown.number), *each) for each in words.items()]


def _carry_out(
    services: Services, caller: Caller, seen: Seen, asked: Sequence[Move], words: Mapping[str, Any]
) -> str | None:
    """Have the acts done in one round, and the words kept with them; why the first was refused, None if it was not."""
    try:
        if asked:
            refuse_part(services.views.entry(seen.stored.id))
        steps = [(_wish(move, caller), targets) for move in asked if (targets := _targets(services, seen, move))]
        answered = services.operators.act_in_one(steps, _notes(seen, words)) if steps else None
    except (StoreUnavailable, StoreConflict):
        raise
    except ProductError as error:
        return str(error)
    if answered is None:
        _note(services, seen, words)
        return None
    return _refusal(list(answered.verdicts.values()))


def _wish(move: Move, caller: Caller) -> Wish:
    return replace(wish_of(move.act, move.options).of(caller), once=None)


def _targets(services: Services, seen: Seen, move: Move) -> Targets | None:
    """What an act is aimed at; None for nothing."""
    backfill, run = seen.stored.id, seen.shown.number
    match move.on:
        case "backfill":
            return Targets(backfill)
        case "run":
            return Targets(backfill, runs=(run,))
        case "others":
            others = _others(services, seen)
            return Targets(backfill, runs=others) if others else None
        case _:
            states = services.store.state_bytes(run)
            wanted = move.on == "all"
            found = [n for n, byte in enumerate(states) if wanted or byte & STATE_MASK == InstanceState.RUNNING]
            _refuse_large(len(found))
            return Targets(backfill, instances=[instance_id(run, n) for n in found]) if found else None


def _refuse_large(instances: int) -> None:
    if instances > MOST_NAMED:
        allowed = f"a run of at most {MOST_NAMED:,} task instances; a larger one is acted on natively, in parts"
        raise InvalidRequest([Fault("state", f"{instances:,} task instances", allowed)])


def _others(services: Services, seen: Seen) -> tuple[int, ...]:
    numbers = seen.stored.runs
    if len(numbers) > MOST_OTHERS:
        allowed = f"a backfill of at most {MOST_OTHERS} dates; of a longer one, let all of it go on natively"
        raise InvalidRequest([Fault("state", f"one of {len(numbers):,} dates", allowed)])
    view = services.ticker.snapshot.backfills.get(seen.stored.id)
    settled = {run.run for run in view.runs() if run.word in SETTLED} if view else set()
    return tuple(number for number in numbers if number != seen.shown.number and number not in settled)


def _refusal(verdicts: Sequence[Verdict]) -> str | None:
    """Why nothing was done, where all of it was refused."""
    refused = [each.reason for each in verdicts if each.word is Word.REJECTED]
    return refused[0] if verdicts and len(refused) == len(verdicts) else None
