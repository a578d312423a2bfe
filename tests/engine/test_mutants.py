"""Planted faults, each caught: what the simulation would say of an engine that breaks a rule.

A mutant is our own code with one method or function put in another's place; that is what it is for.
"""

from __future__ import annotations

import pytest
from engine.mutants import MUTANTS, Mutant
from engine.trial import Trial

LIVES, STEPS = 15, 80
"""No fault may hide for longer; most show in the first life."""
SOUND = sorted({mutant.life for mutant in MUTANTS}, key=lambda life: life.__name__)


def live(life: type[Trial]) -> None:
    """Lives in which every rule is asked in every round."""
    for seed in range(LIVES):
        trial = life(seed)
        for _ in range(STEPS):
            trial.step()
        trial.finish()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_caught(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some life ends with the sentence that names the broken rule."""
    mutant.plant(monkeypatch)
    with pytest.raises(AssertionError, match=mutant.caught_by):
        live(mutant.life)


@pytest.mark.parametrize("life", SOUND, ids=lambda life: life.__name__)
def test_without_a_fault_nothing_is_caught(life: type[Trial]) -> None:
    """The same lives of the engine as it is break no rule."""
    live(life)
