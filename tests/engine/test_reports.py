"""What a round reports is news."""

from __future__ import annotations

from drawing import Play, draw

from backfilld.engine.asking import CANCEL, RERUN, Asked, Targets
from backfilld.engine.events import RunChanged


def changed_runs(effects: list[object]) -> list[int]:
    return [effect.run for effect in effects if isinstance(effect, RunChanged)]


def test_a_run_that_nothing_happened_to_is_not_reported():
    """A date that waits for its place, cancelled and run again in one round, stands as it always stood."""
    play = Play(draw("extract", days=range(19, 22)), parallelism=1)
    backfill, waiting = 1, 3

    effects = play.say(
        Asked(CANCEL, Targets(backfill, runs=(waiting,))), Asked(RERUN, Targets(backfill, runs=(waiting,)))
    )

    assert changed_runs(effects) == []
    assert changed_runs(play.say(Asked(CANCEL, Targets(backfill, runs=(waiting,))))) == [waiting]
