"""The executor that is the runner inside the daemon: same process, same user."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from backfilld.executors.runner import Runner
from backfilld.ports import LaunchSpec, LogPart, Outcome


class LocalExecutor:
    """Attempts run on the daemon's own host, in the runner that it is given."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def launch(self, specs: Sequence[LaunchSpec], epoch: int) -> None:
        """Start each attempt at most once, ever."""
        self._runner.launch(specs, epoch)

    def stop(self, attempts: Mapping[str, float]) -> None:
        """End each attempt's whole process group."""
        self._runner.stop(attempts)

    def reattach(self, attempts: Iterable[str]) -> None:
        """Find out about attempts launched by an earlier daemon."""
        self._runner.reattach(attempts)

    def outcomes(self) -> list[Outcome]:
        """Wait for news and take them all; empty only once closed."""
        return self._runner.outcomes()

    def forget(self, attempts: Iterable[str]) -> None:
        """Their endings are durable elsewhere: their records may go."""
        self._runner.forget(attempts)

    def discard(self, attempts: Collection[str]) -> bool:
        """Remove the logs of attempts that have ended; this host always answers."""
        self._runner.discard(attempts)
        return True

    def records(self) -> frozenset[str]:
        """Every attempt that this host knows anything of."""
        return self._runner.records()

    def log(self, attempt: str, offset: int, limit: int) -> LogPart:
        """Output from `offset`, at most `limit` bytes."""
        return self._runner.log(attempt, offset, limit)

    def trouble(self) -> str | None:
        """None: it is there as long as the daemon is."""
        return None

    def close(self) -> None:
        """Release the runner; tasks that run go on."""
        self._runner.close()
