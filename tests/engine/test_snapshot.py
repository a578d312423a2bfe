"""What snapshots add up: in passing, page by page, and never wrong for it."""

from __future__ import annotations

from collections import Counter

from drawing import Play, draw
from hypothesis import given, settings
from hypothesis import strategies as st

from backfilld.engine.run import NO_COUNTS

PLAN = draw("a -> b\nc", days=range(1, 6))
STEPS = st.lists(
    st.tuples(st.sampled_from(["succeed", "fail", "accept", "cancel", "rerun", "look"]), st.integers(0, 50))
)


@settings(max_examples=40)
@given(STEPS)
def test_what_was_added_up_before_is_what_is_added_up_anew(steps: list[tuple[str, int]]) -> None:
    """Whatever happens to backfills, and whoever has looked meanwhile, sums and words are those of the runs."""
    play = Play(PLAN, groups={"default": 3}, parallelism=2)
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
            case "look":  # pages that nobody looked at are added up later, with what came since
                look(play)
    look(play)


def look(play: Play) -> None:
    """Compare all that is added up with the runs."""
    for view in play.engine.snapshot.backfills.values():
        each = [run.counts for run in view.runs()]
        assert view.counts == tuple(sum(column) for column in zip(NO_COUNTS, *each, strict=True))
        assert view.words == Counter(run.word for run in view.runs())
