"""A daemon in small, to be killed: owns a runner, records before it launches, re-attaches when it starts.

It is given a folder and writes one byte to standard output at each step. `launched` and `ended` there are its store;
the tasks write `ledger`. Task i is tried as attempts (i, 1), (i, 2), ...: the next one only where the last was void.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backfilld.executors.runner import Runner
from backfilld.ports import Ended, LaunchSpec, SlotGroup

TASKS = 300
SLOTS = 8


def attempt_of(task: int, number: int) -> str:
    return f"{task:016x}{number:016x}"


def task_of(attempt: str) -> int:
    return int(attempt[:16], 16)


def exit_code_of(task: int) -> int:
    return task % 7


class Driver:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.launched = os.open(folder / "launched", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.ended = os.open(folder / "ended", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.known = set((folder / "launched").read_text().split())
        self.over = {line.split()[0]: line.split()[1] for line in (folder / "ended").read_text().splitlines()}
        self.runner = Runner(folder / "spool", {"default": SlotGroup(SLOTS)}, renew_every=20)

    def step(self) -> None:
        os.write(1, b".")

    def todo(self) -> list[str]:
        """The attempts to come: of each task the first, or the one after those that were void."""
        void = {a for a, ending in self.over.items() if ending == "void"}
        numbers = {task: 1 + sum(task_of(a) == task for a in void) for task in range(TASKS)}
        attempts = (attempt_of(task, number) for task, number in numbers.items())
        return [attempt for attempt in attempts if attempt not in self.known]

    def run(self) -> None:
        self.runner.reattach(self.known - self.over.keys())
        self.step()
        while (todo := self.todo()) or self.known - self.over.keys():
            self.launch(todo[: SLOTS - len(self.known - self.over.keys())])
            self.listen()

    def launch(self, attempts: list[str]) -> None:
        for batch in (attempts[:3], attempts[3:]):
            os.write(self.launched, "".join(f"{a}\n" for a in batch).encode())
            self.known.update(batch)
            self.step()
            self.runner.launch([self.spec(a) for a in batch], epoch=1)
            self.step()

    def spec(self, attempt: str) -> LaunchSpec:
        task = task_of(attempt)
        pause = "sleep 0.03;" if task % 3 == 0 else ""
        script = f"echo $BACKFILLD_ATTEMPT >> ledger; {pause} exit {exit_code_of(task)}"
        not_after = datetime.now(UTC) + timedelta(minutes=1)
        command = ("/bin/sh", "-c", script)
        return LaunchSpec(attempt, "default", command, {"PATH": "/usr/bin:/bin"}, str(self.folder), 1000, not_after)

    def listen(self) -> None:
        self.record(outcome for outcome in self.runner.outcomes() if isinstance(outcome, Ended))

    def record(self, ends: Iterable[Ended]) -> None:
        for end in ends:
            self.step()
            os.write(self.ended, f"{end.attempt} {end.ending.value} {end.exit_code}\n".encode())
            self.over[end.attempt] = end.ending.value
            self.runner.forget([end.attempt])


if __name__ == "__main__":
    Driver(Path(sys.argv[1])).run()
