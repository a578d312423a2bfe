"""DataWorks' words for how things stand, computed from ours; times as its clients read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from backfilld.catalog.cycles import zone_of
from backfilld.catalog.models import WorkflowType
from backfilld.engine.states import AttemptState, State
from backfilld.interfaces.vendors.dataworks.fields import EPOCH

STATUSES = (
    *("NotRun", "Running", "WaitTime", "CheckingCondition", "WaitResource", "Failure", "Success"),
    *("Checking", "WaitTrigger"),
)
FILTERED = ("NotRun", "Running", "Failure", "Success", "WaitTime", "WaitResource")
"""Those that a list of task instances may be asked for."""
TYPES = ("Normal", "SupplementData", "ManualWorkflow", "Manual", "SmokeTest", "TriggerWorkflow")
ENVIRONMENTS = ("Prod", "Dev")
PAUSED_RUN = frozenset({"paused", "not_started"})
_MILLISECOND = timedelta(milliseconds=1)
_ENDED: Mapping[State, str] = {
    State.WAITING: "NotRun",
    State.RUNNING: "Running",
    State.SUCCEEDED: "Success",
    State.SKIPPED: "Success",
    State.LEFT_OUT: "Success",
    State.FAILED: "Failure",
    State.LOST: "Failure",
    State.CANCELLED: "Failure",  # there is no word for it: `OperationType` says Stop
}
_ATTEMPTS: Mapping[AttemptState, str] = {
    AttemptState.CLAIMED: "Running",
    AttemptState.RUNNING: "Running",
    AttemptState.STOPPING: "Running",
    AttemptState.SUCCEEDED: "Success",
    AttemptState.FAILED: "Failure",
    AttemptState.STOPPED: "Failure",
    AttemptState.LOST: "Failure",
    AttemptState.VOID: "NotRun",
}
_RUNS: Mapping[str, str] = {
    "not_started": "NotRun",
    "paused": "NotRun",
    "running": "Running",
    "pausing": "Running",
    "waiting": "WaitTime",
    "succeeded": "Success",
    "failed": "Failure",
    "cancelled": "Failure",
}
_TRIGGERS: Mapping[WorkflowType, str] = {"Scheduled": "Scheduler", "Manual": "Manual", "Triggered": "TriggerWorkflow"}


def task_status(state: State, *, idle: bool, timely: bool) -> str:
    """How a task instance stands: `idle` is held, or of a paused date; `timely` says that its time has come.

    >>> task_status(State.READY, idle=False, timely=True), task_status(State.READY, idle=False, timely=False)
    ('WaitResource', 'WaitTime')
    """
    if state is not State.READY:
        return _ENDED[state]
    if idle:
        return "NotRun"
    return "WaitResource" if timely else "WaitTime"


def attempt_status(state: AttemptState) -> str:
    """How one of its attempts stands."""
    return _ATTEMPTS[state]


def run_status(word: str, *, admitted: bool, retries: bool = False) -> str:
    """How a date of a backfill stands; one that is queued waits for slots once it has its place.

    One that waits to try again runs: its time has come.

    >>> run_status("queued", admitted=True), run_status("queued", admitted=False)
    ('WaitResource', 'NotRun')
    """
    if word == "waiting" and retries:
        return "Running"
    return _RUNS.get(word) or ("WaitResource" if admitted else "NotRun")


def recurrence(state: State, *, idle: bool) -> str:
    """Whether a task instance is kept from running, or passed over."""
    if state in (State.SKIPPED, State.LEFT_OUT):
        return "Skip"
    return "Pause" if idle and state in (State.WAITING, State.READY) else "Normal"


def trigger_of(kind: WorkflowType) -> str:
    """What begins a workflow of this type."""
    return _TRIGGERS[kind]


def instance_trigger_of(kind: WorkflowType) -> str:
    """What began a task instance of such a workflow."""
    return "Scheduler" if kind == "Scheduled" else "Manual"


def ms(moment: datetime | None) -> int | None:
    """A moment in milliseconds since 1970."""
    return None if moment is None else (moment.astimezone(UTC) - EPOCH) // _MILLISECOND


def day_ms(day: date, zone: str) -> int:
    """Midnight of a business date on the clocks of a zone.

    >>> day_ms(date(2025, 3, 31), "Asia/Shanghai")
    1743350400000
    """
    found = ms(datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)))
    assert found is not None
    return found


def day_of(moment: datetime, zone: str) -> date:
    """The date that clocks in a zone show at a moment."""
    return moment.astimezone(zone_of(zone)).date()


def without_nothing(item: Mapping[str, object]) -> dict[str, object]:
    """The item without what is not known: clients take what is left out as None."""
    return {name: value for name, value in item.items() if value is not None}


def parameters_text(parameters: Mapping[str, str]) -> str:
    """Parameters as `key=value key=value`.

    >>> parameters_text({"day": "$bizdate", "note": "two words"})
    'day=$bizdate note="two words"'
    """
    return " ".join(f'{name}="{value}"' if " " in value else f"{name}={value}" for name, value in parameters.items())


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as a list."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def has_tag(tags: Mapping[str, str], wanted: tuple[str, ...]) -> bool:
    """Whether there is one of these, each `key` or `key=value`."""
    return any(each in tags or each in (f"{key}={value}" for key, value in tags.items()) for each in wanted)


def holds(text: str, part: str) -> bool:
    """Whether a name has this in it, in either case."""
    return part.casefold() in text.casefold()
