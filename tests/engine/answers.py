"""What an act has to be answered, and what has to come of it, by how its targets stood before."""

from __future__ import annotations

from engine.act_table import ACTS, COUNTS_FOR_NOTHING, VERDICTS
from engine.book import Book

from backfilld.engine.asking import (
    Act,
    Answered,
    Asked,
    Change,
    Order,
    Pause,
    Replan,
    SetNotBefore,
    SetPriority,
    Word,
)
from backfilld.engine.events import AttemptClosed
from backfilld.engine.states import DEAD, SATISFIED, TERMINAL, AttemptState, Event, State

_OPEN = frozenset(State) - TERMINAL
_WANTED = {
    Event.CANCELLED: State.CANCELLED,
    Event.SKIPPED: State.SKIPPED,
    Event.SET_SUCCEEDED: State.SUCCEEDED,
    Event.SET_FAILED: State.FAILED,
}
_VARIED: dict[type[Act], str] = {
    Pause: "pause",
    SetNotBefore: "set_not_before",
    SetPriority: "set_priority",
    Replan: "replan",
}
_BY_FLAGS = ("set_priority", "set_not_before", "trigger")
"""Answered by marks and flags as well."""


def name_of(act: Act) -> str:
    """As the table of acts has it, whatever its numbers and moments are."""
    return _VARIED.get(type(act)) or next(name for name, each in ACTS.items() if each == act)


class Expected:
    """Taken before the round in which an act is carried out; judges it after."""

    def __init__(self, book: Book, asked: Asked) -> None:
        self._book, self._asked, act = book, asked, asked.act
        self.aimed = frozenset(map(book.instance, book.aimed(asked.targets)))
        name = name_of(act)
        self._words = {each: _word(book, name, each) for each in asked.targets.instances or () if each in self.aimed}
        if isinstance(act, Order):
            book.heed(act, asked.targets)
        self._note_wishes(act, single=asked.targets.instances is not None)

    def judge(self, answered: Answered) -> None:
        """Hold the answers for single instances, and what became of them, against the table."""
        verdicts = answered.verdicts if self._asked.targets.instances is not None else {}
        for instance, word in self._words.items():
            found = verdicts[instance]
            assert word is None or found.word is word, (self._asked, instance, found)
            if found.word is Word.ACCEPTED and isinstance(self._asked.act, Change):
                _check_done(self._book, self._asked.act, instance)

    def _note_wishes(self, act: Act, *, single: bool) -> None:
        """What running instances are to become once their processes are gone."""
        running = self.aimed & self._book.open.keys()
        for instance in running if isinstance(act, Change) or act is Order.STOP else ():
            if act is Order.STOP or act.event is Event.CANCELLED:
                self._book.wished[instance] = Event.CANCELLED
            elif act.event is not Event.RERUN or (single and act.force):
                self._book.wished[instance] = act.event


def check_end(book: Book, closed: AttemptClosed) -> None:
    """What was stopped has become what was last asked, unless it had succeeded already and that is as good."""
    wish = book.wished.pop(closed.instance, None)
    if wish is None:
        return
    state = book.state(book.node(closed.instance))
    if wish is Event.RERUN:
        assert state not in DEAD, "asked to run again, it did not"
    else:
        late = closed.state is AttemptState.SUCCEEDED and wish in (Event.CANCELLED, Event.SKIPPED)
        assert state is _WANTED[wish] or (late and state in SATISFIED), (wish, state)


def _word(book: Book, name: str, instance: int) -> Word | None:
    """By the table; None where flags and marks, or other instances of the same act, have a say."""
    node = book.node(instance)
    if book.left_out(node):
        return Word.REJECTED if name in COUNTS_FOR_NOTHING else None
    stopping, held = instance in book.stopping, node in book.held
    if name in _BY_FLAGS or (stopping and name not in ("hold", "release")):
        return None
    if held and name == "release":
        return Word.ACCEPTED
    if held and name == "hold":
        return VERDICTS["release", book.state(node)] if book.state(node) in _OPEN else Word.REJECTED
    return VERDICTS[name, book.state(node)]


def _check_done(book: Book, act: Change, instance: int) -> None:
    """What was accepted for an instance that did not run is done in the same round."""
    if instance in book.stopping:
        return
    state = book.state(book.node(instance))
    if act.event is Event.RERUN:
        assert state not in DEAD
    elif not book.left_out(book.node(instance)):
        assert state is _WANTED[act.event]
