"""Acts on workflow instances and task instances: each id is answered for itself, a refusal is no error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from backfilld.engine.asking import Answered, Targets, Verdict, Word
from backfilld.errors import NotFound, ProductError, StoreConflict, StoreUnavailable
from backfilld.interfaces.http.doors.dataworks.actions import Action, Asked
from backfilld.interfaces.vendors.dataworks.fields import Field, Form, ids, needed, text, truth
from backfilld.planning.plan import split_id
from backfilld.service.access import Scope
from backfilld.service.operators import Operators, Wish
from backfilld.service.wishes import wish_of

Aim = Callable[[Operators, int], Targets]
Info = dict[str, dict[str, object]]
DONE = frozenset({Word.ACCEPTED, Word.NO_CHANGE, Word.LATER})


def on_instances(asked: Asked, name: str, numbers: Iterable[int], options: Mapping[str, Any] | None = None) -> Info:
    """An act on task instances; what became of each by its id."""
    return _on(asked, wish_of(name, options or {}).of(asked.caller), numbers, _instances, Operators.targets_of_instance)


def on_runs(asked: Asked, name: str, numbers: Iterable[int]) -> Info:
    """An act on dates of backfills."""
    return _on(asked, wish_of(name, {}).of(asked.caller), numbers, _runs, Operators.targets_of_run)


def start(asked: Asked, numbers: Iterable[int]) -> Info:
    """A backfill starts as a whole: each of its dates answers as it does."""
    wish = wish_of("start", {}).of(asked.caller)
    return _on(asked, wish, numbers, lambda backfill, mine: Targets(backfill), Operators.targets_of_run)


def _instances(backfill: int, numbers: list[int]) -> Targets:
    return Targets(backfill, instances=tuple(numbers))


def _runs(backfill: int, numbers: list[int]) -> Targets:
    return Targets(backfill, runs=tuple(numbers))


def _on(
    asked: Asked, wish: Wish, numbers: Iterable[int], targets: Callable[[int, list[int]], Targets], aim: Aim
) -> Info:
    """One act a backfill; whoever is not there is told so by its id."""
    info, of_backfill = Info(), dict[int, list[int]]()
    for number in numbers:
        try:
            of_backfill.setdefault(aim(asked.services.operators, number).backfill, []).append(number)
        except NotFound as error:
            info[str(number)] = _told(success=False, message=str(error))
    for backfill, mine in of_backfill.items():
        info |= _acted(asked, wish, targets(backfill, mine), mine)
    return info


def _acted(asked: Asked, wish: Wish, targets: Targets, mine: list[int]) -> Info:
    comment = asked.get("Comment")
    told = {"runs" if targets.instances is None else "instances": mine} | ({"reason": comment} if comment else {})
    try:
        answered = asked.services.operators.act(wish, targets, told)
    except (StoreConflict, StoreUnavailable):
        raise
    except ProductError as error:
        return {str(number): _told(success=False, message=str(error)) for number in mine}
    return {str(number): _verdict(_of(answered, number)) for number in mine}


def _of(answered: Answered, number: int) -> list[Verdict]:
    """What was answered for it: itself, its backfill, or those of its instances that the caller sees."""
    verdicts = answered.verdicts
    if answered.of == "backfill":
        return list(verdicts.values())
    if number in verdicts:
        return [verdicts[number]]
    return [verdict for each, verdict in verdicts.items() if split_id(each)[0] == number]


def _verdict(found: list[Verdict]) -> dict[str, object]:
    refused = [each for each in found if each.word not in DONE]
    later = max((each.seconds or 0 for each in found), default=0)
    message = "; ".join(dict.fromkeys(each.reason for each in refused or found if each.reason))
    return _told(success=not refused, message=message or (f"within {later} s" if later else ""))


def _told(*, success: bool, message: str) -> dict[str, object]:
    return {"Success": success, "Message": message}


ACT: Form = {"Ids": needed(ids), "Comment": Field(text)}


def _plain(name: str, on: Callable[[Asked, str, Iterable[int]], Info]) -> Callable[[Asked], Mapping[str, object]]:
    return lambda asked: {"SuccessInfo": on(asked, name, asked["Ids"])}


def _rerun(asked: Asked) -> Mapping[str, object]:
    """With `UseLatestConfig` by the command, parameters, timeout and retries of the running catalog."""
    latest = {"latest": True} if asked.get("UseLatestConfig") else {}
    return {"SuccessInfo": on_instances(asked, "rerun", asked["Ids"], latest)}


def _start(asked: Asked) -> Mapping[str, object]:
    return {"SuccessInfo": start(asked, asked["Ids"])}


ACTIONS = (
    Action("StartWorkflowInstances", Scope.OPERATE, ACT, _start),
    Action("StopWorkflowInstances", Scope.OPERATE, ACT, _plain("cancel", on_runs)),
    Action("RerunTaskInstances", Scope.OPERATE, {**ACT, "UseLatestConfig": Field(truth)}, _rerun),
    Action("StopTaskInstances", Scope.OPERATE, ACT, _plain("cancel", on_instances)),
    Action("SuspendTaskInstances", Scope.OPERATE, ACT, _plain("hold", on_instances)),
    Action("ResumeTaskInstances", Scope.OPERATE, ACT, _plain("release", on_instances)),
    Action("SetSuccessTaskInstances", Scope.OPERATE, ACT, _plain("set_succeeded", on_instances)),
)
