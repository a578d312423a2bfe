"""Backfills and runs that are paused, by an operator or by their own limits, and go on again (spec 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from backfilld.engine.asking import ACCEPTED, NO_CHANGE, Pause, Verdict, rejected, unchanged
from backfilld.engine.backfill import Backfill
from backfilld.engine.marks import BackfillMarks, Halt
from backfilld.engine.run import Run
from backfilld.engine.states import State
from backfilld.engine.world import WHOLE, World

_READY = frozenset({State.READY})
_DONE, _NEVER_STARTED = rejected("it is done"), rejected("it was not started: start it")
_PASSED = rejected("that moment has passed")


class Pauses:
    """Pauses and resumes. What is paused starts nothing and holds no cycles; what runs goes on."""

    def __init__(self, world: World) -> None:
        self._world = world

    def watch(self, backfill: Backfill) -> None:
        """Ring when a backfill that comes paused is to go on."""
        self._ring_at((backfill.number, WHOLE), backfill.marks.resume_at)
        for run in backfill.runs.values():
            self._ring_at((backfill.number, run.position), run.marks.resume_at)

    def ring(self, now: datetime) -> None:
        """Resume what was paused until now."""
        for number, position in self._world.resumes.due(now):
            backfill = self._world.backfills[number]
            if position == WHOLE:
                self._go_on(backfill, replace(backfill.marks, halt=None, resume_at=None), "resumed in time")
            else:
                self.resume_run(backfill, backfill.run_at(position))

    def start(self, backfill: Backfill) -> Verdict:
        """Begin a backfill that was accepted without being started."""
        if backfill.marks.halt is not Halt.NOT_STARTED:
            return unchanged("it was started already")
        self._go_on(backfill, replace(backfill.marks, halt=None))
        return ACCEPTED

    def pause(self, backfill: Backfill, act: Pause) -> Verdict:
        """Pause all of a backfill; paused again, only the end of the pause is new."""
        marks = backfill.marks
        if backfill.done:
            return _DONE
        if marks.halt is Halt.NOT_STARTED:
            return _NEVER_STARTED
        if self._has_passed(act.until):
            return _PASSED
        if marks.halt is not None and marks.resume_at == act.until:
            return unchanged("it is paused")
        self._world.mark_backfill(backfill, replace(marks, halt=marks.halt or Halt.OPERATOR, resume_at=act.until))
        self._ring_at((backfill.number, WHOLE), act.until)
        return ACCEPTED

    def resume(self, backfill: Backfill) -> Verdict:
        """Let a paused backfill go on."""
        if backfill.marks.halt is Halt.NOT_STARTED:
            return _NEVER_STARTED
        if backfill.marks.halt is None:
            return unchanged("it is not paused")
        self._go_on(backfill, replace(backfill.marks, halt=None, resume_at=None))
        return ACCEPTED

    def pause_run(self, backfill: Backfill, run: Run, act: Pause) -> Verdict:
        """Pause one run; one in flight keeps its place while anything of it is ready or runs."""
        if run.settled:
            return _DONE
        if self._has_passed(act.until):
            return _PASSED
        if run.marks.paused and run.marks.resume_at == act.until:
            return NO_CHANGE
        pauses = run.marks.pauses + (not run.marks.paused)
        self._world.mark_run(run, replace(run.marks, paused=True, resume_at=act.until, pauses=pauses))
        self._ring_at((backfill.number, run.position), act.until)
        return ACCEPTED

    def resume_run(self, backfill: Backfill, run: Run) -> Verdict:
        """Let a paused run go on; without a place it queues for one."""
        if not run.marks.paused:
            return unchanged("it is not paused")
        self._world.resumes.drop((backfill.number, run.position))
        self._world.mark_run(run, replace(run.marks, paused=False, resume_at=None))
        backfill.enqueue(run.position)
        self._line_up(run)
        return ACCEPTED

    def look(self, backfill: Backfill) -> None:
        """Pause a backfill that has come to a limit of its own: a date has failed, or its first dates are settled."""
        failed, backfill.failed_anew = backfill.failed_anew, False
        terms, marks = backfill.accepted, backfill.marks
        if terms.first is not None and not marks.looked and len(terms.runs) - backfill.unsettled >= terms.first:
            marks = replace(marks, looked=True, halt=marks.halt or Halt.FIRST)
        most = terms.max_failed_dates
        if failed and most is not None and backfill.outcomes["failed"] >= most:
            marks = replace(marks, halt=marks.halt or Halt.FAILED_DATES)
        if marks is backfill.marks:
            return
        if backfill.done:  # there is nothing left to look at
            marks = replace(marks, halt=backfill.marks.halt)
        if marks != backfill.marks:
            self._world.mark_backfill(backfill, marks, "paused by itself" if marks.halt else "its first dates settled")

    def _has_passed(self, until: datetime | None) -> bool:
        """Such a pause would end as it begins: who asks for it has mistaken the moment."""
        return until is not None and until <= self._world.now

    def _go_on(self, backfill: Backfill, marks: BackfillMarks, cause: str | None = None) -> None:
        self._world.resumes.drop((backfill.number, WHOLE))
        self._world.mark_backfill(backfill, marks, cause)
        for position in list(backfill.places.holders):
            self._line_up(backfill.runs[position])

    def _line_up(self, run: Run) -> None:
        """Whatever is ready was turned away meanwhile, and is asked again."""
        self._world.stir.ready.extend((run, ordinal) for ordinal in run.instances(_READY))

    def _ring_at(self, key: tuple[int, int], moment: datetime | None) -> None:
        if moment is None:
            self._world.resumes.drop(key)
        else:
            self._world.resumes.set(key, moment)
