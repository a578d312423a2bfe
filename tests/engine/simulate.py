"""Random lives for volume: `make simulate`, or `PYTHONPATH=tests python -m engine.simulate --steps 100000`.

A life that fails is written down, made as small as it goes, to be kept as a history (see test_histories.py).
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from engine.keeper import MakeEngine, plain_engine
from engine.replay import keep
from engine.trial import Trial

STEPS_OF_A_LIFE = 150
JUDGE_EVERY = 100
A_PART = 20_000


class Died(AssertionError):
    """A life broke a rule."""


def life(seed: int, folder: Path, make: MakeEngine = plain_engine, *, judge_every: int = JUDGE_EVERY) -> Trial:
    """A whole life, until everything is at rest; raises `Died` with where its history is kept."""
    trial = Trial(seed, judge_every=judge_every, make=make)
    try:
        for _ in range(STEPS_OF_A_LIFE):
            trial.step()
        trial.finish()
    except Exception as error:
        path = keep(trial, f"seed {seed}", folder, make)
        raise Died(f"seed {seed} at step {trial.steps}: {error!r}; its history is {path}") from error
    return trial


def simulate(seeds: Iterable[int], steps: int, folder: Path) -> Iterator[Trial]:
    """Life after life, until there were so many steps."""
    done = 0
    with collecting_seldom():
        for seed in seeds:
            if done >= steps:
                return
            trial = life(seed, folder)
            done += trial.steps
            yield trial


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """A life makes many small things that live as long as it does: looking for garbage among them is in vain."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def part(number: int) -> tuple[int, int, int]:
    """The first seed of a part, and how many seeds and steps it had."""
    first = number * A_PART
    lives = [trial.steps for trial in simulate(count(first), A_PART, Path.cwd())]
    return first, len(lives), sum(lives)


def main() -> int:
    """All parts, on all processors."""
    parser = argparse.ArgumentParser(description="Let random lives of the engine be judged.")
    parser.add_argument("--steps", type=int, default=5_000_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first part: other seeds")
    asked = parser.parse_args()
    parts = range(asked.first, asked.first - asked.steps // -A_PART)
    try:
        run(parts)
    except Died as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(parts: Iterable[int]) -> None:
    """Live the parts, and tell how fast."""
    began, steps = time.monotonic(), 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for first, lives, done in pool.map(part, parts):
            steps += done
            rate = steps / (time.monotonic() - began)
            print(
                f"seeds {first} to {first + lives - 1}: {done} steps; {steps} in all, {rate:.0f} a second", flush=True
            )


if __name__ == "__main__":
    sys.exit(main())
