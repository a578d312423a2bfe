"""Recorded histories, lived anew: the engine tells exactly what it told when they were recorded, byte for byte.

`pytest tests/engine/test_histories.py --record` writes down what is told by now; the difference is for the reviewer to
like. A history is JSON lines: what its engine is made with, then one round a line (see history.py). A new one needs
only what is said: leave `told` empty, and record. A failing life of the simulation is written down in the same form,
as small as it goes; kept here, its fault stays mended.
"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pytest
from engine.history import History, read
from engine.mutants import skips_the_window
from engine.replay import failure_of, lived_anew
from engine.simulate import Died, life

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.jsonl"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_recorded_history_is_lived_again(path: Path, pytestconfig: pytest.Config) -> None:
    """Every round is judged by the books, and what is told is what was recorded."""
    kept = read(path)
    found = lived_anew(kept)
    if pytestconfig.getoption("record"):
        path.write_text(found.text())
    for before, now in zip_longest(kept.rounds, found.rounds):
        assert now.told == before.told or pytestconfig.getoption("record"), f"at {now.at}"
    assert path.read_text() == found.text()


def test_a_fault_is_found_again_in_a_history() -> None:
    """A history that says what cannot be is not lived to its end."""
    kept = read(next(path for path in HISTORIES if path.stem == "turns"))
    twice = History(kept.why, kept.setting, [*kept.rounds[:1], *kept.rounds[:1]])

    assert failure_of(kept) is None
    assert failure_of(twice)


def test_a_failing_life_is_written_down_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a life that failed fails in the same way, and says little else; the fault mended, it is lived."""
    skips_the_window(monkeypatch)
    with pytest.raises(Died, match="outside its window"):
        life(0, tmp_path, judge_every=1)
    (path,) = tmp_path.iterdir()
    kept = read(path)

    assert failure_of(kept)
    assert sum(len(each.said) for each in kept.rounds) <= 2
    monkeypatch.undo()
    assert failure_of(kept) is None
