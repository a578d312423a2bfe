"""Figures of all that is open: added up again only where something has changed, and never wrong for it."""

from __future__ import annotations

from drawing import Play, draw
from hypothesis import given, settings
from hypothesis import strategies as st

from backfilld.service.measuring import Sums

PLAN = draw("a -> b\nc", days=range(1, 6))
STEPS = st.lists(st.tuples(st.sampled_from(["succeed", "fail", "accept", "cancel", "rerun"]), st.integers(0, 50)))


@settings(max_examples=40)
@given(STEPS)
def test_sums_that_are_kept_are_those_made_anew(steps: list[tuple[str, int]]) -> None:
    """Whatever happens to backfills, what is added up in passing is what a fresh look adds up."""
    play, kept = Play(PLAN, groups={"default": 3}, parallelism=2), Sums()
    for step, number in steps:
        running = sorted(play.open)
        match step:
            case "accept":
                play.accept(PLAN)
            case "cancel":
                play.cancel()
            case "rerun":
                play.rerun()
            case "succeed" | "fail" if running:
                name = play.name(running[number % len(running)])
                play.succeed(name) if step == "succeed" else play.fail(name)
        assert kept.of(play.engine.snapshot) == Sums().of(play.engine.snapshot)
