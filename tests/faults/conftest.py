"""What faults need of other rooms."""

from __future__ import annotations

from daemon.conftest import host
from ports.executor_contract import ready, release
from thorough import Judged, Rounds

__all__ = ["Judged", "Rounds", "host", "ready", "release"]
