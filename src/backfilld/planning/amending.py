"""Whether a backfill's plan can be amended so, judged before anything is written: every fault at once (spec 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache

from backfilld.dates import Period, business_dates
from backfilld.planning.bridging import Bits
from backfilld.planning.plan import InstanceId, Plan, instance_id, split_id
from backfilld.request.amendments import Cut, DatedInstance, DropDates
from backfilld.request.faults import FieldFault
from backfilld.request.resolved import ResolvedRequest

_SHOWN = 5


class Amendable:
    """A plan as it is before an amendment, asked by business dates."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._waits = plan, lru_cache(8)(plan.waits_for)
        self._places = {day: position for position, day in enumerate(plan.dates)}

    def added_faults(self, resolved: ResolvedRequest, periods: Sequence[Period]) -> Iterator[FieldFault]:
        """What keeps these dates from being added, by their place in `add_dates`."""
        known = set(self._places)
        for number, period in enumerate(periods):
            asked = business_dates([period])
            if resolved.at_once:
                yield _fault("add_dates", number, asked, f"none: a backfill of type {resolved.type} has one run")
            elif again := [day for day in asked if day in known]:
                allowed = "dates that it does not have yet; one that was dropped does not come back: submit it again"
                yield _fault("add_dates", number, again, allowed)
            known.update(asked)

    def dropped_faults(self, unstarted: Mapping[date, Bits], periods: Sequence[Period]) -> Iterator[FieldFault]:
        """What keeps these dates from being dropped; `unstarted` has by date the ordinals that have not started."""
        for number, period in enumerate(periods):
            asked = business_dates([period])
            if strange := [day for day in asked if day not in self._places]:
                yield _fault("drop_dates", number, strange, "dates that it has")
            elif not self.dropped(unstarted, [period]).ordinals:
                yield _fault("drop_dates", number, asked, "dates of which something is neither started nor left out")

    def dropped(self, unstarted: Mapping[date, Bits], periods: Iterable[Period]) -> DropDates:
        """What dropping these dates passes through from now on."""
        left_out = self._plan.left_out
        return DropDates(
            {
                day: ordinals
                for day in business_dates(periods)
                if (ordinals := unstarted.get(day, 0) & ~left_out.get(self._places[day], 0))
            }
        )

    def cut_faults(self, cuts: Sequence[Cut]) -> Iterator[FieldFault]:
        """What keeps these waits from being cut; what an instance waits for through others is cut there."""
        for number, cut in enumerate(cuts):
            waits = self.waits(cut.instance)
            if waits is None:
                yield FieldFault(("cut", number, "instance"), _said(cut.instance), "an instance of the backfill")
                continue
            for place, up in enumerate(cut.upstream):
                if self._id(up) not in waits:
                    yield FieldFault(("cut", number, "upstream", place), _said(up), self._allowed(cut.instance, waits))

    def waits(self, instance: DatedInstance) -> Collection[InstanceId] | None:
        """By position, what an instance itself waits for; None where the plan has no such instance."""
        position = self._places.get(instance.business_date)
        if position is None or not 0 <= instance.ordinal < self._plan.template(position).size:
            return None
        return self._waits(position)[instance.ordinal]

    def _allowed(self, instance: DatedInstance, waits: Iterable[InstanceId]) -> str:
        """What an instance of the plan itself waits for, by names."""
        who = self._named(self._places[instance.business_date], instance.ordinal)
        if not (ups := dict.fromkeys(self._named(*split_id(up)) for up in waits)):
            return f"none: {who} waits for nothing"
        return f"what {who} itself waits for: {_first(list(ups))}"

    def _named(self, position: int, ordinal: int) -> str:
        task = self._plan.tasks[self._plan.template(position).tasks[ordinal]]
        return f"{task.name} of {self._plan.dates[position]}"

    def _id(self, instance: DatedInstance) -> InstanceId | None:
        position = self._places.get(instance.business_date)
        return None if position is None else instance_id(position, instance.ordinal)


def plan_faults(before: Plan, after: Plan) -> Iterator[FieldFault]:
    """What stops a plan with more dates that did not stop it before: `previous` against the order Desc, say."""
    known = {(each.code, each.subject) for each in before.findings}
    for each in after.findings:
        if each.blocks and (each.code, each.subject) not in known:
            yield FieldFault(("add_dates",), "these dates", f"none with which {each.subject} {each.message}")


def cuts_for_started(before: Plan, after: Plan, started: Iterable[DatedInstance]) -> tuple[Cut, ...]:
    """What has started never waits again (spec 5): the cuts that go with the dates which `after` has and `before` not.

    `started` are the instances that run or are to be tried again: what has ended waits only once it is rerun.
    """
    known, amendable = set(before.dates), Amendable(after)
    cuts = list[Cut]()
    for each in started:
        ups = [split_id(up) for up in amendable.waits(each) or ()]
        new = [DatedInstance(after.dates[place], ordinal) for place, ordinal in ups if after.dates[place] not in known]
        if new:
            cuts.append(Cut(each, tuple(new)))
    return tuple(cuts)


def _said(instance: DatedInstance) -> str:
    return f"instance {instance.ordinal} of {instance.business_date}"


def _fault(field: str, number: int, dates: Sequence[date], allowed: str) -> FieldFault:
    """A fault of some dates of a range."""
    return FieldFault((field, number), _first(list(map(str, dates))), allowed)


def _first(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
