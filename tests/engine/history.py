"""Histories as text, a round a line: what was said when (JSON), and what the engine answered, every field of it.

Instances are `run.ordinal`, attempts `run.ordinal#number`. What follows from the rounds before it is not written down:
what a daemon finds after a crash, and what the store adds to an act.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.act_table import ACTS
from engine.answers import name_of
from engine.drawings import Drawing
from engine.keeper import Line, Setting
from engine.naive import Books
from engine.telling import instance_text, moment_text, told

from backfilld.engine.asking import Act, Asked, Pause, Replan, SetNotBefore, SetPriority, Targets
from backfilld.engine.events import Accepted, AttemptEnded, AttemptStarted, Dismissed, Restored, Said
from backfilld.engine.marks import UNMARKED, BackfillMarks, Halt, OnFailure
from backfilld.engine.states import AttemptState
from backfilld.planning.plan import Plan, instance_id

Json = Any
_TERMS = {"environment": "Prod", "priority": 1, "parallelism": 1, "on_failure": "Hold"} | {
    each.name: each.default
    for each in fields(Accepted)
    if each.name in ("at_once", "max_failed_dates", "first", "scheduled")
}


@dataclass(frozen=True)
class Round:
    """What was said at a moment, as JSON has it, and what is to be told; `crash`: what was recorded was said again."""

    at: datetime
    said: list[Json]
    told: list[str]
    crash: bool = False


@dataclass(frozen=True)
class History:
    """What an engine was made with, and its rounds."""

    why: str
    setting: Setting
    rounds: Sequence[Round]

    def text(self) -> str:
        """As it is kept in a file."""
        head = {
            "why": self.why,
            "groups": self.setting.groups,
            "reserved": self.setting.reserved,
            "patience": self.setting.patience.total_seconds(),
        } | ({"budget": self.setting.budget} if self.setting.budget else {})
        rounds = [
            {"at": moment_text(each.at)}
            | ({"crash": True} if each.crash else {})
            | {"said": each.said, "told": each.told}
            for each in self.rounds
        ]
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [head, *rounds])


def read(path: Path) -> History:
    """A history that was kept."""
    head, *lines = map(json.loads, path.read_text().splitlines())
    setting = Setting(head["groups"], head["reserved"], timedelta(seconds=head["patience"]), head.get("budget"))
    rounds = [Round(datetime.fromisoformat(line.pop("at")), **line) for line in lines]
    return History(head["why"], setting, rounds)


def written(line: Line, drawings: Mapping[int, Drawing]) -> Round:
    """One round of a life, to be kept."""
    return Round(line.at, [_written(each, drawings) for each in line.said], list(map(told, line.effects)), line.crash)


def understood(said: Sequence[Json], books: Books) -> list[Said]:
    """What is to be said: what it leaves out follows from the books; what they know nothing of is passed over."""
    return [each for line in said for each in _understood(line, books)]


def _written(said: Said, drawings: Mapping[int, Drawing]) -> Json:
    match said:
        case Accepted():
            return ["accepted", said.backfill, said.runs[0], _drawing(drawings[said.backfill]), _terms(said)]
        case Restored(accepted=accepted):
            return ["restored", accepted.backfill]
        case Dismissed(backfill=backfill):
            return ["dismissed", backfill]
        case AttemptStarted(instance=instance, attempt=attempt, at=at):
            return ["started", f"{instance_text(instance)}#{attempt}", moment_text(at)]
        case AttemptEnded(instance=instance, attempt=attempt, state=state, exit_code=code, at=at):
            return ["ended", f"{instance_text(instance)}#{attempt}", state.value, code, moment_text(at)]
        case Asked(act=act, targets=aim):
            instances = None if aim.instances is None else list(map(instance_text, aim.instances))
            runs = None if aim.runs is None else list(aim.runs)
            return ["asked", name_of(act), _numbers(act), aim.backfill, runs or instances]
        case _:
            raise ValueError(f"histories have no word for {said}")


def _understood(line: Json, books: Books) -> Iterator[Said]:
    match line:
        case ["accepted", number, first_run, drawing, terms]:
            yield _accepted(number, first_run, Drawing(**drawing), dict(terms))
        case ["restored", number] if number in books.of and books.of[number].gone:
            yield books.of[number].restored()
        case ["dismissed", number] if number in books.of:
            yield Dismissed(number)
        case ["started", attempt, at]:
            yield AttemptStarted(*_attempt(attempt), datetime.fromisoformat(at))
        case ["ended", attempt, state, code, at]:
            yield AttemptEnded(*_attempt(attempt), AttemptState(state), code, datetime.fromisoformat(at))
        case ["asked", name, numbers, number, named] if number in books.of:
            targets = _targets(number, named)
            yield Asked(_act(name, numbers), targets, books.of[number].known(targets))
        case [("restored" | "dismissed" | "asked"), *_]:
            return
        case _:
            raise ValueError(line)


def _drawing(drawing: Drawing) -> Json:
    return {name: each for name, each in asdict(drawing).items() if each != getattr(Drawing("", []), name)}


def _terms(said: Accepted) -> Json:
    terms = {name: getattr(said, name) for name in _TERMS} | {"on_failure": said.on_failure.value}
    found = {name: each for name, each in terms.items() if each != _TERMS[name]}
    return found | ({"started": False} if said.marks.halt else {})


def _accepted(number: int, first_run: int, drawing: Drawing, terms: Json) -> Accepted:
    plan = _plan(json.dumps(asdict(drawing)))
    marks = UNMARKED if terms.pop("started", True) else BackfillMarks(Halt.NOT_STARTED)
    fields = {**_TERMS, **terms}
    fields["on_failure"] = OnFailure(fields["on_failure"])
    return Accepted(number, plan, range(first_run, first_run + len(plan.dates)), marks=marks, **fields)


@lru_cache
def _plan(drawing: str) -> Plan:
    return Drawing(**json.loads(drawing)).plan()


def _numbers(act: Act) -> Json:
    """What the table of acts leaves open."""
    match act:
        case Pause(until=moment) | SetNotBefore(moment=moment):
            return moment and moment_text(moment)
        case SetPriority(priority=priority):
            return priority
        case Replan(parallelism=parallelism, on_failure=on_failure, priority=priority):
            return [parallelism, on_failure and on_failure.value, priority]
        case _:
            return None


def _act(name: str, numbers: Json) -> Act:
    match ACTS[name]:
        case Pause():
            return Pause(numbers and datetime.fromisoformat(numbers))
        case SetNotBefore():
            return SetNotBefore(numbers and datetime.fromisoformat(numbers))
        case SetPriority():
            return SetPriority(numbers)
        case Replan():
            parallelism, on_failure, priority = numbers
            return Replan(parallelism, on_failure and OnFailure(on_failure), priority)
        case act:
            return act


def _targets(number: int, named: Json) -> Targets:
    if named and isinstance(named[0], str):
        return Targets(number, instances=list(map(_instance, named)))
    return Targets(number, runs=named)


def _instance(text: str) -> int:
    run, ordinal = text.split(".")
    return instance_id(int(run), int(ordinal))


def _attempt(text: str) -> tuple[int, int]:
    instance, _, number = text.partition("#")
    return _instance(instance), int(number)
