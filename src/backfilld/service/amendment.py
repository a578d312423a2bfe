"""An amendment judged against its backfill's plan: what it means, what the plan becomes, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from backfilld.catalog.models import SAME
from backfilld.dates import business_dates
from backfilld.engine.marks import BackfillMarks
from backfilld.planning.amended import as_amended
from backfilld.planning.amending import Amendable, cuts_for_started, plan_faults
from backfilld.planning.difference import compare, sentences
from backfilld.planning.plan import InstanceId, Plan, split_id
from backfilld.planning.planner import make_plan
from backfilld.ports import Store
from backfilld.request.amendments import AddDates, Amendment, Cut, DatedInstance, NewRunPolicy
from backfilld.request.asked_amendment import AskedAmendment, AskedCut
from backfilld.request.faults import FieldFault
from backfilld.request.models import RunPolicy
from backfilld.request.resolved import UNLIMITED, Limits
from backfilld.request.text import request_of
from backfilld.service.backfills import CyclesHeld, PlanRefused
from backfilld.service.before import terms_of
from backfilld.service.begun import Begun, begun
from backfilld.service.book import Entry
from backfilld.service.previews import Preview, Surroundings, judged

NOTHING_BEGUN = Begun()


@dataclass(frozen=True, slots=True)
class Judged:
    """An amendment that was found good for a backfill as it stood, and the backfill under its new plan.

    `accepted` says how many backfills had been accepted when it was judged.
    """

    before: Entry
    after: Entry
    asked: AskedAmendment
    means: tuple[Amendment, ...]
    begun: Begun
    accepted: int

    @property
    def dry_run(self) -> bool:
        """Whether it is only to be told what would change."""
        return self.asked.asked.dry_run

    @property
    def dropped(self) -> frozenset[date]:
        """The dates that are asked to be dropped."""
        return frozenset(business_dates(self.asked.drop))

    @property
    def rests_on_what_began(self) -> bool:
        """Whether it would mean something else once more has begun."""
        return _rests_on_what_began(self.before.plan, self.asked)

    @property
    def changes(self) -> list[str]:
        """What it changes, in sentences."""
        asked, cuts = self.asked.asked, [each for each in self.means if isinstance(each, Cut)]
        told = sentences(compare(self.before.plan, self.after.plan))
        if cuts:
            told.append(f"{sum(len(each.upstream) for each in cuts):,} waits are cut")
        if self.asked.policy_asked:
            told.append(f"run policy: {_window(asked.run_policy)}")
        terms = {"parallelism": asked.parallelism, "priority": asked.priority, "on_failure": asked.on_failure}
        return told + [f"{name}: {value}" for name, value in terms.items() if value is not None]

    def told(self, marks: BackfillMarks) -> dict[str, object]:
        """What is told in the audit: what was asked, and how the backfill, marked so, stood before and stands after."""
        resolved, said = self.before.resolved, self.asked.said()
        known = terms_of(resolved, marks)
        before = {name: known[name] for name in known if name in said}
        after = {name: said[name] for name in before}
        why = {"reason": self.asked.asked.reason} if self.asked.asked.reason else {}
        return {**said, **why, "before": _counts(self.before.plan) | before, "after": _counts(self.after.plan) | after}


class Judge:
    """Finds every fault of an amendment, or what it comes to."""

    def __init__(self, store: Store, surroundings: Surroundings, limits: Limits) -> None:
        self._store, self._surroundings, self._limits = store, surroundings, limits

    def judged(self, entry: Entry, asked: AskedAmendment, accepted: int) -> Judged:
        """The amendment of a backfill; raises `InvalidRequest` with every fault, and what a request raises."""
        rests = _rests_on_what_began(entry.plan, asked)
        known = begun(self._store, entry, frozenset(business_dates(asked.drop))) if rests else NOTHING_BEGUN
        amendable, cuts = Amendable(entry.plan), _cuts(entry, asked)
        asked.refuse(list(_faults(entry, amendable, asked, known, cuts)))
        means: list[Amendment] = [*self._added(entry, asked), *cuts]
        if asked.drop:
            means.append(amendable.dropped(known.unstarted, asked.drop))
        if asked.policy_asked:
            means.append(NewRunPolicy(asked.policy))
        plan = self._plan(entry, means, asked)
        if free := cuts_for_started(entry.plan, plan, known.started):
            means += free
            plan = self._plan(entry, means, asked)
        asked.refuse(list(_new_faults(entry, plan, asked)))
        resolved = replace(entry.resolved, amendments=(*entry.resolved.amendments, *means))
        return Judged(entry, replace(entry, resolved=resolved, plan=plan), asked, tuple(means), known, accepted)

    def _plan(self, entry: Entry, means: Sequence[Amendment], asked: AskedAmendment) -> Plan:
        """The limits are those of who asks for more; what is accepted already stays."""
        resolved = replace(entry.resolved, amendments=(*entry.resolved.amendments, *means))
        return make_plan(resolved, entry.catalog, entry.stored.left_out, self._limits if asked.add else UNLIMITED)

    def _added(self, entry: Entry, asked: AskedAmendment) -> Iterator[AddDates]:
        """The new dates, judged like a request for them alone, without what need not run of them."""
        if not asked.add:
            return
        resolved = replace(as_amended(entry.resolved), periods=asked.add, amendments=(), expect_plan=None)
        plan = make_plan(resolved, entry.catalog, limits=self._limits)
        made = Preview(request_of(entry.stored.request), resolved, plan, entry.catalog, plan.findings)
        made = judged(made, self._surroundings)
        if made.errors:
            codes = {error.code for error in made.errors}
            if resolved.on_conflict == "Reject" and codes == {"held_elsewhere"}:
                raise CyclesHeld("; ".join(f"{error.subject} {error.message}" for error in made.errors))
            raise PlanRefused(made.errors)
        left_out = {made.plan.dates[position]: ordinals for position, ordinals in made.plan.left_out.items()}
        yield AddDates(business_dates(asked.add), left_out)


def _counts(plan: Plan) -> dict[str, object]:
    return {"plan_hash": plan.hash, "dates": len(plan.dates), "to_run": plan.to_run}


def _window(policy: RunPolicy | None) -> str:
    if policy is None:
        return "each task has its own"
    at_once = ", cycle times are not waited for" if policy.immediately else ""
    return f"{policy.type}, {policy.start_time} to {policy.end_time}{at_once}"


def _rests_on_what_began(plan: Plan, asked: AskedAmendment) -> bool:
    """What is dropped must not have started; what has started must not wait for dates that are added."""
    return bool(asked.drop) or bool(asked.add and any(edge.kind != SAME for edge in plan.edges))


def _faults(
    entry: Entry, amendable: Amendable, asked: AskedAmendment, known: Begun, cuts: Sequence[Cut]
) -> Iterator[FieldFault]:
    yield from amendable.added_faults(entry.resolved, asked.add)
    yield from amendable.dropped_faults(known.unstarted, asked.drop)
    for fault in amendable.cut_faults(cuts):
        yield replace(fault, given=_named(asked.asked.cut, fault.path))


def _new_faults(entry: Entry, plan: Plan, asked: AskedAmendment) -> Iterator[FieldFault]:
    """What is wrong with the whole plan that was not wrong before."""
    field = ("add_dates",) if asked.add else ("run_policy",)
    for fault in plan_faults(entry.plan, plan):
        yield replace(fault, path=field)
    if asked.add and len(plan.dates) == len(entry.plan.dates):
        calendar = entry.resolved.calendar
        yield FieldFault(("add_dates",), "no date that is open", f"dates that calendar {calendar} has open")


def _cuts(entry: Entry, asked: AskedAmendment) -> list[Cut]:
    return [
        Cut(_dated(entry, each.instance), tuple(_dated(entry, up) for up in each.upstream)) for each in asked.asked.cut
    ]


def _dated(entry: Entry, instance: InstanceId) -> DatedInstance:
    """The instance by its date; one of another backfill is on no date of this one."""
    run, ordinal = split_id(instance)
    position = entry.stored.position(run)
    return DatedInstance(date.min if position is None else entry.plan.dates[position], ordinal)


def _named(cuts: Sequence[AskedCut], path: tuple[str | int, ...]) -> str:
    """The id that was given at the path of a fault."""
    _, number, field, *place = path
    cut = cuts[int(number)]
    return str(cut.instance if field == "instance" else cut.upstream[int(place[0])])
