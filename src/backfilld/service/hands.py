"""What executors are told once a round is durable: what to start, to stop and to forget."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from backfilld.catalog.models import Catalog
from backfilld.engine.events import AttemptClosed, Start, Stop
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import AttemptKey, Ended, Ending, Executor, LaunchSpec, Outcome
from backfilld.service.launching import Launcher
from backfilld.service.open_attempts import OpenAttempts

log = logging.getLogger(__name__)


class Hands:
    """Carries out what rounds say; for the ticker's thread. `heard` is told what came to nothing here already."""

    def __init__(
        self,
        executor: Executor,
        attempts: OpenAttempts,
        launcher_of: Callable[[int], Launcher],
        catalog_of: Callable[[InstanceId], Catalog | None],
        heard: Callable[[Iterable[Outcome]], None],
    ) -> None:
        """`launcher_of` knows runs; `catalog_of` the version that an instance was rerun under, None: its plan's."""
        self._executor, self._attempts, self._heard = executor, attempts, heard
        self._launcher_of, self._catalog_of = launcher_of, catalog_of

    def launch(self, starts: Sequence[Start], claims: Mapping[AttemptKey, str], epoch: int, now: datetime) -> None:
        """Hand the attempts to their hosts, in the name of a lease."""
        if not starts:
            return
        specs = (self._spec(start, claims[start.instance, start.attempt], now) for start in starts)
        self._executor.launch([spec for spec in specs if spec], epoch)

    def stop(self, stops: Iterable[Stop]) -> None:
        """Have open attempts ended, each within its grace."""
        graces = {
            name: stop.grace.total_seconds()
            for stop in stops
            if (name := self._attempts.name((stop.instance, stop.attempt))) is not None
        }
        if graces:
            self._executor.stop(graces)

    def forget(self, closed: Iterable[AttemptClosed]) -> None:
        """Nothing more is wanted to be known of these."""
        names = [name for each in closed if (name := self._attempts.close((each.instance, each.attempt)))]
        if names:
            self._executor.forget(names)

    def _spec(self, start: Start, name: str, now: datetime) -> LaunchSpec | None:
        """What cannot be prepared has failed, and must not take the others down."""
        try:
            run, _ = split_id(start.instance)
            launcher = self._launcher_of(run)
            return launcher.spec(start.instance, start.attempt, name, now, self._catalog_of(start.instance))
        except Exception as error:
            log.exception("attempt %s cannot be prepared", name, extra={"attempt": name, "instance": start.instance})
            self._heard([Ended(name, Ending.REFUSED, reason=f"it could not be prepared: {error}")])
            return None
