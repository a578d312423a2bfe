"""Where schedules stand, and what stands there."""

from __future__ import annotations

from backfilld.catalog.schedules import Schedule
from backfilld.config.documents import read_schedule_documents
from backfilld.config.settings import Settings
from backfilld.request.schedules import parse_schedules


def load_schedules(settings: Settings) -> tuple[Schedule, ...]:
    """The schedules of the configured folder; a folder that nobody named may be missing.

    Raises `InvalidSchedules` with every fault.
    """
    folder = settings.schedules_dir
    if folder is None:
        folder = settings.catalog_dir.absolute().parent / "schedules"
        if not folder.exists():
            return ()
    return parse_schedules(read_schedule_documents(folder), settings.limits.of_request())
