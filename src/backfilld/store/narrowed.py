"""What doors ask on behalf of somebody to whom only some projects are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backfilld.engine.asking import InstanceFacts
from backfilld.errors import NotFound
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import AttemptTimes, StoredAttempt, StoredInstance
from backfilld.store.database import Readable
from backfilld.store.messages import MessageReader
from backfilld.store.reading import Reader


class NarrowedReader(Reader, MessageReader):
    """The port's `StoreReader`, in which a backfill of another project, and all that belongs to it, is not there."""

    def __init__(self, database: Readable, projects: frozenset[int]) -> None:
        self._database, self._projects = database, projects

    def seen_by(self, projects: frozenset[int]) -> NarrowedReader:
        """The same for somebody to whom only these of them are there."""
        return NarrowedReader(self._database, (self._projects or frozenset()) & projects)

    def state_bytes(self, run: int) -> bytes:
        """A byte an instance by ordinal; empty when the run was never admitted, or is not there."""
        return super().state_bytes(run) if self._has(run) else b""

    def instance(self, instance: InstanceId) -> StoredInstance:
        """One row; `NotFound` if there is none."""
        if not self._has(split_id(instance)[0]):
            raise NotFound("task instance", instance)
        return super().instance(instance)

    def attempts(self, instance: InstanceId) -> tuple[StoredAttempt, ...]:
        """Every attempt of the instance, by number."""
        return super().attempts(instance) if self._has(split_id(instance)[0]) else ()

    def last_times(self, instances: Iterable[InstanceId], most: int) -> Mapping[InstanceId, tuple[AttemptTimes, ...]]:
        """By number the last `most` attempts of each of these instances that was ever started."""
        return super().last_times(self._those_there(instances), most)

    def some_instances(self, instances: Iterable[InstanceId]) -> Mapping[InstanceId, StoredInstance]:
        """Those of these instances that have rows."""
        return super().some_instances(self._those_there(instances))

    def facts_of(self, instances: Iterable[InstanceId]) -> tuple[InstanceFacts, ...]:
        """What these instances remember, those that have rows."""
        return super().facts_of(self._those_there(instances))

    def _those_there(self, instances: Iterable[InstanceId]) -> list[InstanceId]:
        wanted = list(instances)
        there = self.some_runs({split_id(each)[0] for each in wanted})
        return [each for each in wanted if split_id(each)[0] in there]

    def _has(self, run: int) -> bool:
        try:
            self.run(run)
        except NotFound:
            return False
        return True
