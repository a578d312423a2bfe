"""Two hundred thousand rounds of random lives, in parts; `make simulate` does five million."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from engine.simulate import simulate

PARTS, STEPS = 16, 12_500


@pytest.mark.parametrize("part", range(PARTS))
def test_every_life_keeps_the_rules_and_comes_to_rest(part: int, tmp_path: Path) -> None:
    """Whatever tasks, operators, clocks, stores and crashes do, the books find nothing wrong in any round."""
    lives = list(simulate(count(part * STEPS), STEPS, tmp_path))

    assert sum(trial.steps for trial in lives) >= STEPS
    assert sum(trial.starts for trial in lives) > STEPS // 4
    assert sum(trial.keeper.crashes for trial in lives) > STEPS // 250
