"""Requests that are accepted together: each is judged, then all of them are accepted, or none."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from backfilld.catalog.documents import Document, shown
from backfilld.errors import (
    AlreadyExists,
    AnswerLost,
    Fault,
    InvalidRequest,
    PlanTooLarge,
    ProductError,
    StoreConflict,
    StoreUnavailable,
)
from backfilld.ports import NewBackfill, Operation, StoreReader
from backfilld.service.backfills import Backfills

MOST_REQUESTS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request of a batch, and its caller's own name for what it creates."""

    document: Document
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a request: a backfill, and the operation that goes on, None where it was there already."""

    instance_id: str | None
    backfill: int
    operation: Operation | None


class Batches:
    """Accepts what one caller asks for together."""

    def __init__(self, backfills: Backfills, store: StoreReader) -> None:
        self._backfills, self._store = backfills, store

    def submit(self, wanted: Sequence[Wanted], now: datetime, *, keep_existing: bool = False) -> list[Made]:
        """Durable when it returns, all of them in one transaction, in their order.

        Raises `InvalidRequest` with every fault of every request, under `requests[n]`; `AlreadyExists` for names that
        backfills have, unless these are to be answered; `PlanTooLarge`, and `KeyReused`.
        """
        if done := self._backfills.known():
            return _again(wanted, done)
        judged = self._judged(wanted, now)
        while True:
            known = self._existing(judged)
            if known and not keep_existing:
                raise AlreadyExists(*_taken(judged, known))
            new = [each for each in judged if _name(each) not in known]
            try:
                operations = self._backfills.accept(new, now) if new else ()
            except AlreadyExists:  # somebody was faster: now they are known
                continue
            return _told(judged, known, operations)

    def _judged(self, wanted: Sequence[Wanted], now: datetime) -> list[NewBackfill]:
        """All of them; the rest is not looked at once they are too many instances."""
        faults, judged, size = list(_twice(wanted)), [], 0
        for place, each in enumerate(wanted):
            try:
                judged.append(self._backfills.judged(each.document, each.instance_id, now))
            except (StoreUnavailable, StoreConflict):
                raise
            except ProductError as error:
                faults += _faults_of(error, place)
            else:
                faults += _alone(judged[-1], place)
                size += judged[-1].size
            if size > self._backfills.most_instances:
                raise PlanTooLarge("instances in all its requests", size, self._backfills.most_instances)
        if faults:
            raise InvalidRequest(faults)
        return judged

    def _existing(self, judged: Iterable[NewBackfill]) -> Mapping[tuple[int, str | None], int]:
        """Those that are there, by project and name."""
        names = [each.instance_id for each in judged if each.instance_id is not None]
        return {(each.project, each.instance_id): each.id for each in self._store.named(names)} if names else {}


def _name(new: NewBackfill) -> tuple[int, str | None]:
    return new.project, new.instance_id


def _told(
    judged: Sequence[NewBackfill], known: Mapping[tuple[int, str | None], int], operations: Sequence[Operation]
) -> list[Made]:
    """What came of each, in order; operations are those of the new ones."""
    going = iter(operations)
    return [
        Made(each.instance_id, known[_name(each)], None)
        if _name(each) in known
        else Made(each.instance_id, (operation := next(going)).backfill, operation)
        for each in judged
    ]


def _again(wanted: Sequence[Wanted], done: Sequence[Operation]) -> list[Made]:
    """What was accepted before; which of them were there before that is not known."""
    if len(done) != len(wanted):
        raise AnswerLost("of this batch", done[0].accepted_at)
    return [Made(each.instance_id, operation.backfill, operation) for each, operation in zip(wanted, done, strict=True)]


def _taken(
    judged: Sequence[NewBackfill], known: Collection[tuple[int, str | None]]
) -> tuple[list[str], Mapping[str, str]]:
    """The names that backfills have, and where they were given."""
    found = {str(each.instance_id): place for place, each in enumerate(judged) if _name(each) in known}
    return list(found), {name: f"requests[{place}].instance_id" for name, place in found.items()}


def _twice(wanted: Iterable[Wanted]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for place, each in enumerate(wanted):
        if each.instance_id is not None and (first := seen.setdefault(each.instance_id, place)) != place:
            allowed = f"another id than that of requests[{first}]"
            yield Fault(f"requests[{place}].instance_id", each.instance_id, allowed)


def _alone(new: NewBackfill, place: int) -> Iterator[Fault]:
    """What asks to be judged against the others, which are judged at once."""
    asked = json.loads(new.request).get("on_conflict", "Queue")
    if asked != "Queue":
        allowed = "Queue: requests of a batch are not judged against each other; submit it by itself"
        yield Fault(f"requests[{place}].on_conflict", shown(asked), allowed)


def _faults_of(error: ProductError, place: int) -> list[Fault]:
    """Each under the path of its request; what is no fault of a field, under its code."""
    at = f"requests[{place}]"
    if isinstance(error, InvalidRequest):
        return [replace(fault, path=f"{at}.{fault.path}" if fault.path else at, place=None) for fault in error.faults]
    return [Fault(at, error.code, str(error))]
