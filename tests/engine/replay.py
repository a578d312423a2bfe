"""Lives anew from their histories, and the smallest history that still shows what went wrong."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from engine.history import History, Round, understood, written
from engine.keeper import Keeper, MakeEngine, plain_engine
from engine.telling import told
from engine.trial import Trial

from backfilld.engine.events import Effect


class Failure(NamedTuple):
    """What went wrong and where, and after how many rounds."""

    kind: str
    place: str
    rounds: int


def recorded(trial: Trial, why: str) -> History:
    """The history of a life so far, with the round that it may be in the middle of."""
    lines = [*trial.keeper.history, *filter(None, [trial.keeper.deciding])]
    return History(why, trial.keeper.setting, [written(line, trial.drawings) for line in lines])


def lived_anew(history: History, make: MakeEngine = plain_engine) -> History:
    """The same history with what is told now; every round is judged by the books."""
    keeper = Keeper(history.setting, make)
    return replace(history, rounds=[_lived(keeper, each) for each in history.rounds])


def keep(trial: Trial, why: str, folder: Path, make: MakeEngine = plain_engine) -> Path:
    """Write down the life that failed: as little of its history as fails in the same way."""
    path = folder / f"{why.replace(' ', '_')}.jsonl"
    path.write_text(smallest(recorded(trial, why), make).text())
    return path


def smallest(history: History, make: MakeEngine = plain_engine) -> History:
    """As little of a history as fails in the same way; all of it if it does not fail again.

    Rounds are left out, ever fewer at a time, then single things that are said.
    """
    failure = failure_of(history, make)
    if failure is None:
        return history
    found = list(history.rounds[: failure.rounds])

    def fails(rounds: Sequence[Round]) -> bool:
        again = failure_of(replace(history, rounds=rounds), make)
        return again is not None and again[:2] == failure[:2]

    size = len(found)
    while size := size // 2:
        for start in range(len(found) - size, -1, -size):
            fewer = found[:start] + found[start + size :]
            if fails(fewer):
                found = fewer
    for number, each in enumerate(found):
        for said in each.said:
            less = [other for other in found[number].said if other is not said]
            fewer = [*found[:number], replace(each, said=less), *found[number + 1 :]]
            if fails(fewer):
                found = fewer
    return _told(replace(history, rounds=found), make)


def failure_of(history: History, make: MakeEngine = plain_engine) -> Failure | None:
    """How a history fails, if it does."""
    keeper = Keeper(history.setting, make)
    for number, each in enumerate(history.rounds, 1):
        try:
            _live(keeper, each)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            return Failure(type(error).__name__, f"{place.name}:{place.lineno}", number)
    return None


def _told(history: History, make: MakeEngine) -> History:
    """With what is told by now, but for the round that fails."""
    *before, last = history.rounds
    told_before = lived_anew(replace(history, rounds=before), make).rounds
    return replace(history, rounds=[*told_before, replace(last, told=[])])


def _lived(keeper: Keeper, each: Round) -> Round:
    return replace(each, told=list(map(told, _live(keeper, each))))


def _live(keeper: Keeper, each: Round) -> list[Effect]:
    said = understood(each.said, keeper.books)
    return keeper.crash(each.at, said) if each.crash else keeper.say(said, each.at)
