"""What operators do: one command an act, all of them aimed alike, each answered item by item."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from backfilld.interfaces.cli.aiming import AIM, CARE, Aim, Care, send
from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.many import all_rejected, by_verdict, reasons
from backfilld.interfaces.cli.options import BackfillId, Json
from backfilld.interfaces.cli.output import Exit, console, print_json
from backfilld.interfaces.cli.progress import line

Force = Annotated[
    bool,
    typer.Option("--force", help="Also where the state does not allow it; what runs is stopped first all the same."),
]
Downstream = Annotated[
    bool, typer.Option("--downstream", help="Of instances: also what is downstream of them and has run.")
]
Latest = Annotated[
    bool,
    typer.Option("--latest", help="By the command, parameters, timeout and retries of the running catalog."),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Go on by itself then: 2024-05-06T22:00:00Z.")
]
Priority = Annotated[int | None, typer.Option("--priority", min=1, max=11, help="Higher goes first.")]
NotBefore = Annotated[
    str | None,
    typer.Option(
        "--not-before", metavar="TIME", help="Start it no earlier: 2024-05-06T22:00:00Z; `now` takes that back."
    ),
]
Parallelism = Annotated[int | None, typer.Option("--parallelism", min=1, help="Dates in flight, of a whole backfill.")]


class OnFailure(StrEnum):
    """What a failed date does with its place."""

    CONTINUE = "Continue"
    HOLD = "Hold"


class Outcome(StrEnum):
    """What an instance can be set to."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


KeepPlace = Annotated[
    OnFailure | None, typer.Option("--on-failure", help="Whether a failed date gives its place to the next.")
]
To = Annotated[Outcome, typer.Argument(metavar="STATE", help="succeeded, failed, skipped or cancelled.")]
_BY_OUTCOME = {
    Outcome.SUCCEEDED: "set_succeeded",
    Outcome.FAILED: "set_failed",
    Outcome.SKIPPED: "skip",
    Outcome.CANCELLED: "cancel",
}
Steps = Iterator[tuple[str, Mapping[str, object]]]
"""Acts with their options, to be asked one after the other."""


def _command(name: str, promise: str, steps: Callable[..., Steps], **own: Any) -> Callable[..., None]:
    """A command that asks for acts; `own` are its arguments and options beside those that aim."""

    def ask(daemon: Daemon, /, *, backfill: int, as_json: bool, **given: Any) -> None:
        aim = Aim(**{each: given.pop(each) for each in AIM})
        care = Care(**{each: given.pop(each) for each in CARE if each in given})
        asked = list(steps(**given))
        if not asked:
            raise typer.BadParameter("say what to set")
        _tell([send(daemon, backfill, aim, care, act, options) for act, options in asked], as_json=as_json)

    kind = inspect.Parameter.KEYWORD_ONLY
    first = inspect.Parameter("daemon", inspect.Parameter.POSITIONAL_ONLY, annotation=Daemon)
    arguments = {"backfill": BackfillId} | {each: of for each, of in own.items() if of is To}
    options = {each: of for each, of in (own | dict(AIM)).items() if of is not To}
    parameters = [inspect.Parameter(each, kind, annotation=of) for each, of in arguments.items()]
    parameters += [inspect.Parameter(each, kind, annotation=of, default=_blank(of)) for each, of in options.items()]
    parameters.append(inspect.Parameter("as_json", kind, annotation=Json, default=False))
    ask.__name__, ask.__doc__ = name, promise
    ask.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]
    return with_daemon(ask)


def _blank(option: Any) -> bool | None:
    return False if option in (Force, Downstream, Latest, *CARE.values()) and option is not CARE["reason"] else None


def _one(act: str) -> Callable[..., Steps]:
    """An act with the options that were given."""

    def steps(**given: Any) -> Steps:
        yield act, {name: value for name, value in given.items() if value}

    return steps


def _settings(**given: Any) -> Steps:
    if given["priority"] is not None:
        yield "set_priority", {"priority": given["priority"]}
    if given["not_before"] is not None:
        yield "set_not_before", {"not_before": None if given["not_before"] == "now" else given["not_before"]}
    terms = {name: given[name] for name in ("parallelism", "on_failure") if given[name] is not None}
    if terms:
        yield "replan", terms


def _outcome(to: Outcome, force: bool) -> Steps:
    yield _BY_OUTCOME[to], {"force": True} if force else {}


start = _command("start", "Begin a backfill that was accepted without being started.", _one("start"))
pause = _command("pause", "Start nothing more of a backfill or date; what runs goes on.", _one("pause"), until=Until)
resume = _command("resume", "Let go on what is paused.", _one("resume"))
cancel = _command("cancel", "End what is not ended; what runs is stopped.", _one("cancel"), force=Force, **CARE)
rerun = _command(
    "rerun",
    "Run again what failed, was lost or cancelled, and what waits for it; named instances also after success.",
    _one("rerun"),
    force=Force,
    downstream=Downstream,
    latest=Latest,
    **CARE,
)
skip = _command("skip", "Pass it over: what waits for it goes on.", _one("skip"), force=Force, **CARE)
hold = _command(
    "hold", "Let nothing start that is not ended; what runs goes on, and its retry is held.", _one("hold"), **CARE
)
release = _command(
    "release", "Let go what is held, by an operator or by its `recurrence: Pause`.", _one("release"), **CARE
)
trigger = _command("trigger", "Start it whatever its time, window or hold, once.", _one("trigger"), **CARE)
stop = _command("stop", "End what runs; it is cancelled, never retried.", _one("stop"), **CARE)
set_ = _command(
    "set",
    "Set the priority or the earliest start; of a whole backfill also its dates in flight and what failures do.",
    _settings,
    priority=Priority,
    not_before=NotBefore,
    parallelism=Parallelism,
    on_failure=KeepPlace,
)
set_state = _command("set-state", "Set how it ended; what runs is stopped first.", _outcome, to=To, force=Force, **CARE)


def _tell(answers: list[View], *, as_json: bool) -> None:
    """What became of it; leaves with an exit code of failure where all was rejected, or it ended early."""
    if as_json:
        print_json(answers[0] if len(answers) == 1 else answers)
    else:
        for found in answers:
            _tell_one(found)
    if all(all_rejected(found["act"]["counts"]) or "error" in found["act"] for found in answers):
        raise typer.Exit(Exit.FAILED)


def _tell_one(found: View) -> None:
    act, out = found["act"], console()
    name, told = act["name"].replace("_", " "), by_verdict(act["counts"])
    if act.get("dry_run"):
        of_first = f"; of the first {len(act['verdicts'])}: {told}" if told else ""
        out.print(f"{name} would be done to {act['count']:,}{of_first}")
    else:
        out.print(f"{name}: {told or 'nothing is meant'}")
    for reason in reasons(act["verdicts"]):
        out.print(reason)
    if "error" in act:
        out.print(one_line(f"  it ended early: {act['error']}"))
    if "status" in found:
        out.print(line(found))
