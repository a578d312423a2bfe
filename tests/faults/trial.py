"""A backfill whose every state is a function of seed and date, and its judgement by the ledger of its tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from daemon.host import PATIENCE, Host

FIRST = date(2023, 1, 1)
LINE = 'echo "$BACKFILL_TASK $bizdate $BACKFILL_CYCLE_TIME $BACKFILL_ATTEMPT $$" >> "$ledger"'
"""One line is one start, appended by the task itself, whoever started it: task, date, cycle, attempt, pid."""
AGAIN = 'echo >> "$ledger.$bizdate"; test $(wc -l < "$ledger.$bizdate") -gt $(((bizdate + {seed}) % 3))'
"""By its date a task succeeds at its first start, at its second, or never; void attempts are no starts."""
A_DATE = 16


@dataclass(frozen=True, slots=True)
class Trial:
    """So many dates of sixteen instances: cycles, retries, failures, and those that wait for a failed one."""

    dates: int
    seed: int = 0

    @property
    def last(self) -> str:
        """The last business date."""
        return str(FIRST + timedelta(days=self.dates - 1))

    def tasks(self) -> list[dict[str, Any]]:
        """The workflow."""
        return [
            {"task": "extract", "command": LINE},
            {"task": "hours", "cron": "0 */2 * * *", "command": f"{LINE}; sleep 0.02", "depends_on": ["extract"]},
            {
                "task": "flaky",
                "command": f"{LINE}; {AGAIN.format(seed=self.seed)}",
                "retries": 1,
                "retry_delay": 0,
                "depends_on": ["extract"],
            },
            {"task": "report", "command": LINE, "depends_on": ["flaky"]},
            {"task": "load", "command": LINE, "depends_on": ["hours", {"task": "load", "cycle": "previous"}]},
        ]

    def submit(self, host: Host) -> int:
        """All dates, ten at once."""
        names = [task["task"] for task in self.tasks()]
        return host.submit(str(FIRST), self.last, roots=names, parallelism=10)

    def undisturbed(self) -> dict[tuple[str, str], tuple[Counter[str], int]]:
        """By task and date: its instances' states, and their starts together."""
        return dict(self._expected())

    def _expected(self) -> Iterator[tuple[tuple[str, str], tuple[Counter[str], int]]]:
        for day in (FIRST + timedelta(days=number) for number in range(self.dates)):
            luck = (int(f"{day:%Y%m%d}") + self.seed) % 3
            fails = luck == 2
            for task, count in (("extract", 1), ("hours", 12), ("load", 1)):
                yield (task, str(day)), (Counter(succeeded=count), count)
            yield ("flaky", str(day)), (Counter(["failed" if fails else "succeeded"]), 1 + (luck > 0))
            yield ("report", str(day)), (Counter(["waiting" if fails else "succeeded"]), int(not fails))

    def judge(self, host: Host, backfill: int) -> None:
        """Ended, as an undisturbed run ends: no start twice, none missing, each state right."""
        host.ended(backfill, PATIENCE + A_DATE * self.dates)
        starts = [tuple(line.split()) for line in host.lines()]
        twice = [start for start, count in Counter(start[:4] for start in starts).items() if count > 1]
        assert not twice, f"started twice: {twice[:5]}"
        found = {each: (Counter[str](), 0) for each in self.undisturbed()}
        for instance in host.instances(backfill):
            found[instance["task"], instance["bizdate"]][0][instance["state"]] += 1
        counts = Counter((start[0], f"{start[1][:4]}-{start[1][4:6]}-{start[1][6:]}") for start in starts)
        assert {each: (states, counts[each]) for each, (states, _) in found.items()} == self.undisturbed()
