"""What the instances of an opened run wait for: counted from the bytes, never stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from backfilld.engine.flow import by_failure, died, is_dead, join_died
from backfilld.engine.joins import Join
from backfilld.engine.run import Run
from backfilld.engine.states import DEAD, SATISFIED
from backfilld.planning.plan import CrossWait

RunAt = Callable[[int], Run]


def count_waits(run: Run, cross_waits: Iterable[CrossWait], run_at: RunAt) -> None:
    """Count the waits of a run just opened, on its own date and on earlier ones; who is blocked spreads at once.

    Instances with nothing unmet are not freed here: that is for admission.
    """
    for ordinal in run.instances(SATISFIED):  # the template's counts know nothing of what has happened
        for down in run.shape.downstream(ordinal):
            run.unmet[down] -= 1
    joins = [_join(run, wait, run_at(wait.position)) for wait in cross_waits]
    for join in joins:  # only now are the counts of unmet whole, so that nothing seems blocked too early
        if 0 < join.unmet == join.dead:
            join_died(join)
    for ordinal in run.instances(DEAD):
        died(run, ordinal, failed=by_failure(run, ordinal))


def forget_waits(run: Run, parents: Run) -> None:
    """Let go of what a run that is to be counted anew has waited for on an earlier date."""
    for ordinal, joins in list(parents.joins.items()):
        parents.joins[ordinal] = [join for join in joins if join.run is not run]


def _join(run: Run, wait: CrossWait, parents: Run) -> Join[Run]:
    """Count one more wait for the children unless every parent is satisfied; unsatisfied parents know the join."""
    join = Join(run, wait.children, wait.parents)
    if parents.finished:
        return join
    for ordinal in wait.parents:
        if parents.state(ordinal) not in SATISFIED:
            parents.joins.setdefault(ordinal, []).append(join)
            join.unmet += 1
            if is_dead(parents, ordinal):
                join.dead += 1
                join.doomed += by_failure(parents, ordinal)
    if join.unmet:
        for child in wait.children:
            run.unmet[child] += 1
    return join
