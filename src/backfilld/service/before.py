"""How something stood that an act sets anew, for the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from backfilld.dates import utc_text_or_none
from backfilld.engine.asking import Act, Replan, SetNotBefore, SetPriority, Targets
from backfilld.engine.marks import BackfillMarks
from backfilld.ports import StoreReader
from backfilld.request.resolved import ResolvedRequest


def terms_of(resolved: ResolvedRequest, marks: BackfillMarks) -> dict[str, object]:
    """Under which terms a backfill goes on that is marked so."""
    return {
        "parallelism": marks.parallelism or resolved.parallelism,
        "priority": marks.priority or resolved.priority,
        "on_failure": marks.on_failure.value if marks.on_failure else resolved.on_failure,
    }


def before(store: StoreReader, resolved: ResolvedRequest, act: Act, targets: Targets) -> dict[str, object]:
    """`before`, by the names of what the act sets; nothing of acts that set no value, or that are aimed at many."""
    names = _set_by(act)
    stood = _standing(store, resolved, targets) if names else {}
    told = {name: stood[name] for name in names if name in stood}
    return {"before": told} if told else {}


def _set_by(act: Act) -> tuple[str, ...]:
    if isinstance(act, Replan):
        return tuple(each.name for each in fields(act) if getattr(act, each.name) is not None)
    return {SetPriority: ("priority",), SetNotBefore: ("not_before",)}.get(type(act), ())


def _standing(store: StoreReader, resolved: ResolvedRequest, targets: Targets) -> Mapping[str, object]:
    if targets.instances is None and targets.runs is None:
        return terms_of(resolved, store.backfill(targets.backfill).marks)
    if targets.instances is None and targets.runs is not None and len(targets.runs) == 1:
        marks = store.run(targets.runs[0]).marks
        return {"priority": marks.priority, "not_before": utc_text_or_none(marks.not_before)}
    if targets.instances is None or len(targets.instances) != 1:
        return {}
    facts = store.facts_of(targets.instances)
    priority, moment = (facts[0].marks.priority, facts[0].not_before) if facts else (None, None)
    return {"priority": priority, "not_before": utc_text_or_none(moment)}
