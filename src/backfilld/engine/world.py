"""Everything the engine knows, for its parts to share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from backfilld.dates import UTC
from backfilld.engine.alarms import Alarms
from backfilld.engine.backfill import Backfill
from backfilld.engine.events import Effect, RunAdmitted
from backfilld.engine.gates import Limits
from backfilld.engine.pools import Pool
from backfilld.engine.run import Run, Stir
from backfilld.planning.plan import InstanceId, split_id


class World:
    """The backfills, what limits them, what rings when, and what this round has brought so far."""

    def __init__(self, groups: Mapping[str, int]) -> None:
        self.limits = Limits({name: Pool(name, slots) for name, slots in groups.items()})
        self.backfills: dict[int, Backfill] = {}
        self.runs: dict[int, Run] = {}
        """Those that have been opened, by number."""
        self.retries_and_cycles: Alarms[InstanceId] = Alarms()
        self.deadlines: Alarms[InstanceId] = Alarms()
        self.dates_ahead: Alarms[tuple[int, int]] = Alarms()
        self.now = datetime.min.replace(tzinfo=UTC)
        self.stir = Stir()
        self.effects: list[Effect] = []
        self.left: list[tuple[int, InstanceId]] = []
        """Task and instance of attempts that have ended and that somebody may have waited for."""
        self.turn = 0
        self.sequence = 0

    def instance(self, instance: InstanceId) -> tuple[Backfill, Run, int] | None:
        """Whose it is, its run and its ordinal; None for one that is in no opened run."""
        number, ordinal = split_id(instance)
        run = self.runs.get(number)
        if run is None or ordinal >= len(run.states):
            return None
        return self.backfills[run.owner], run, ordinal

    def open(self, backfill: Backfill, run: Run) -> None:
        """Give a run its instances, as nothing has happened to them yet."""
        backfill.open(run, backfill.fresh_states(run.position))
        run.fresh = True
        run.stirring()
        self.runs[run.number] = run
        self.effects.append(RunAdmitted(run.number))
