"""What may be done with a backfill that the caller sees in part: some of its tasks are of projects that they do not."""

from __future__ import annotations

from collections.abc import Collection

from backfilld.engine.asking import Act, Change, Order, SetNotBefore
from backfilld.engine.states import FAILURES, Event, State
from backfilld.errors import ProductError
from backfilld.service.book import Entry
from backfilld.service.choosing import Chosen

OPEN = frozenset({State.WAITING, State.READY, State.RUNNING})
BAD_ENDS = FAILURES | {State.CANCELLED}
OF_INSTANCES = frozenset({Order.HOLD, Order.RELEASE, Order.TRIGGER, Order.STOP})
FOR_ACTS = "only acts that are done to single task instances are yours"
FOR_LOOKS = "what is shown of it are its counts, its runs and those of its task instances that you see"


class SeenInPart(ProductError):
    """What is asked would reach, or show, what the caller does not see."""

    code = "forbidden"

    def __init__(self, backfill: int, still: str = FOR_ACTS) -> None:
        super().__init__(f"backfill {backfill} also runs tasks of projects that your token does not have: {still}")


def in_part(entry: Entry) -> SeenInPart | None:
    """What to say to who would act on a backfill of which some is hidden from them."""
    return SeenInPart(entry.stored.id) if entry.hidden else None


def refuse_part(entry: Entry) -> None:
    """Raise `SeenInPart` where some of the backfill is hidden, for who would act on it."""
    if error := in_part(entry):
        raise error


def refuse_partial_look(entry: Entry) -> None:
    """The same for who would look at all of it."""
    if entry.hidden:
        raise SeenInPart(entry.stored.id, FOR_LOOKS)


def instances_meant(entry: Entry, act: Act, runs: Collection[int] | None) -> Chosen:
    """The instances that an act on a whole backfill, or on some of its runs, is done to.

    Raises `SeenInPart` for one that is done to the whole itself.
    """
    match act:
        case Change(event=Event.RERUN):
            return Chosen(states=BAD_ENDS, runs=runs)
        case Change(event=Event.CANCELLED) | SetNotBefore():
            return Chosen(states=OPEN, runs=runs)
        case Change():
            return Chosen(states=OPEN | BAD_ENDS, runs=runs)
        case Order() if act in OF_INSTANCES:
            return Chosen(states=OPEN, runs=runs)
        case _:
            raise SeenInPart(entry.stored.id)
