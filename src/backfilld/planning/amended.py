"""What amendments make of a request, and of the bits of its plan (spec 4.7, 5): dates are added, none ever goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from backfilld.dates import Period
from backfilld.planning.bridging import Bits
from backfilld.planning.plan import LeftOutBits, Plan
from backfilld.request.amendments import AddDates, DropDates, NewRunPolicy
from backfilld.request.resolved import ResolvedRequest

AT_ACCEPTANCE, WHEN_ADDED, DROPPED = "left out at acceptance", "left out when added", "dropped"


def as_amended(resolved: ResolvedRequest) -> ResolvedRequest:
    """The request that asks for the added dates as well, under the run policy that it has by now."""
    if not resolved.amendments:
        return resolved
    policies = [each.run_policy for each in resolved.amendments if isinstance(each, NewRunPolicy)]
    added = sorted(_added(resolved))
    return replace(
        resolved,
        periods=(*resolved.periods, *(Period(day, day) for day in added)),
        run_policy=policies[-1] if policies else resolved.run_policy,
    )


def with_bits(plan: Plan, resolved: ResolvedRequest, left_out: LeftOutBits) -> Plan:
    """The plan that passes through what its request left out at acceptance, when dates were added, and what is dropped.

    `left_out` is by position of the dates as they were accepted.
    """
    if left_out:
        plan = replace(plan, whys={AT_ACCEPTANCE: _in_new_places(plan, resolved, left_out)})
    for why, of_dates in _later(resolved):
        plan = plan.leaving_out(why, _by_position(plan.dates, of_dates))
    return plan


def _added(resolved: ResolvedRequest) -> set[date]:
    return {day for each in resolved.amendments if isinstance(each, AddDates) for day in each.dates}


def _in_new_places(plan: Plan, resolved: ResolvedRequest, left_out: LeftOutBits) -> LeftOutBits:
    """Where fewer dates are found than there were, the plan is another one already by its dates."""
    added = _added(resolved)
    if not added:
        return left_out
    places = [position for position, day in enumerate(plan.dates) if day not in added]
    return {places[position]: ordinals for position, ordinals in left_out.items() if position < len(places)}


def _later(resolved: ResolvedRequest) -> Iterator[tuple[str, Mapping[date, Bits]]]:
    for each in resolved.amendments:
        match each:
            case AddDates(left_out=left_out) if left_out:
                yield WHEN_ADDED, left_out
            case DropDates(ordinals=ordinals):
                yield DROPPED, ordinals
            case _:
                pass


def _by_position(dates: Sequence[date], of_dates: Mapping[date, Bits]) -> LeftOutBits:
    position_of = {day: position for position, day in enumerate(dates)}
    return {position_of[day]: ordinals for day, ordinals in of_dates.items() if day in position_of}
