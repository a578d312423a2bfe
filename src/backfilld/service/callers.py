"""Who waits for what a round comes to: asked on the ticker's thread, answered once that is durable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from backfilld.engine.asking import Answered, Asked
from backfilld.engine.events import Effect, Said
from backfilld.errors import MaybeDone, StoreUnavailable

T = TypeVar("T")
R = TypeVar("R")
Question = Callable[[], tuple[Sequence[Said], T]]
"""What is asked: what it says to the engine, and its result."""
Job = Callable[[], Sequence[Said]]
PATIENCE = 30.0
"""Seconds that somebody is kept waiting for a durable answer."""


class Callers:
    """Any thread may ask; the answers of the present round are given by the ticker's, once it is durable."""

    def __init__(
        self, leave: Callable[[Job], None], trouble: Callable[[], str | None], patience: float = PATIENCE
    ) -> None:
        """`leave` has a job done in the next round; `trouble` says why nothing can be recorded at the moment."""
        self._leave, self._trouble, self._patience = leave, trouble, patience
        self._answers: list[Callable[[Sequence[Effect]], None]] = []

    def patiently(self, question: Question[T], answer: Callable[[T, Sequence[Effect]], R]) -> R:
        """The answer, once that is durable; raises `StoreUnavailable` while it cannot be, or its turn does not come.

        Raises `MaybeDone` where it was begun, and is not durable in time.
        """
        if (trouble := self._trouble()) is not None:
            raise StoreUnavailable(trouble)
        job, future = self._job(question, answer)
        self._leave(job)
        try:
            return future.result(self._patience)
        except TimeoutError:
            trouble = self._trouble() or "the store is busy"
            raise (StoreUnavailable if future.cancel() else MaybeDone)(trouble) from None

    def eventually(self, question: Question[T], then: Callable[[T, Sequence[Effect]], None]) -> Job:
        """What asks the question, for whom nobody waits: `then` is told of it on the ticker's thread, once durable."""

        def run() -> Sequence[Said]:
            said, result = question()
            self._answers.append(lambda effects: then(result, effects))
            return said

        return run

    def answer(self, effects: Sequence[Effect]) -> None:
        """All of this is durable."""
        for answer in self._answers:
            answer(effects)
        self._answers.clear()

    def _job(self, question: Question[T], answer: Callable[[T, Sequence[Effect]], R]) -> tuple[Job, Future[R]]:
        """What asks the question, and where its answer comes: from its result, and what the round came to."""
        future: Future[R] = Future()

        def run() -> Sequence[Said]:
            if not future.set_running_or_notify_cancel():
                return ()
            try:
                said, result = question()
            except Exception as error:
                future.set_exception(error)
                return ()
            self._answers.append(lambda effects: future.set_result(answer(result, effects)))
            return said

        return run, future


def answer_to(asked: Asked, effects: Sequence[Effect]) -> Answered:
    """What an act was answered in its round."""
    return next(each for each in effects if isinstance(each, Answered) and each.asked is asked)
