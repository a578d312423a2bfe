"""Amendments as JSON that can be read again exactly, for a daemon that restarts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from typing import Any, assert_never

from backfilld.catalog.models import RunPolicy
from backfilld.dates import DAY, Period, business_dates
from backfilld.request.amendments import AddDates, Amendment, Cut, DatedInstance, DropDates, NewRunPolicy


def amendment_json(amendment: Amendment) -> dict[str, Any]:
    """One amendment as a JSON value.

    >>> amendment_json(DropDates({date(2024, 1, 1): 5, date(2024, 1, 2): 5}))
    {'drop': [['2024-01-01', '2024-01-02', '5']]}
    """
    match amendment:
        case AddDates(dates=dates, left_out=left_out):
            return {"add": _stretches(dict.fromkeys(dates, 0)), "left_out": _stretches(left_out)}
        case DropDates(ordinals=ordinals):
            return {"drop": _stretches(ordinals)}
        case Cut(instance=instance, upstream=upstream):
            return {"cut": _dated(instance), "upstream": [_dated(each) for each in upstream]}
        case NewRunPolicy(run_policy=policy):
            return {"run_policy": None if policy is None else _policy_json(policy)}
        case _:
            assert_never(amendment)


def amendment_of(value: Mapping[str, Any]) -> Amendment:
    """What `amendment_json` was given."""
    if "add" in value:
        return AddDates(tuple(_dates(value["add"])), _dates(value["left_out"]))
    if "drop" in value:
        return DropDates(_dates(value["drop"]))
    if "cut" in value:
        return Cut(_instance(value["cut"]), tuple(map(_instance, value["upstream"])))
    return NewRunPolicy(_policy(value["run_policy"]))


def _stretches(of_dates: Mapping[date, int]) -> list[list[str]]:
    """First and last date of neighbours with the same bits, and these as hexadecimal digits."""
    found: list[tuple[date, date, int]] = []
    for day, bits in sorted(of_dates.items()):
        if found and found[-1][1:] == (day - DAY, bits):
            found[-1] = (found[-1][0], day, bits)
        else:
            found.append((day, day, bits))
    return [[first.isoformat(), last.isoformat(), f"{bits:x}"] for first, last, bits in found]


def _dates(stretches: Iterable[tuple[str, str, str]]) -> dict[date, int]:
    return dict(_pairs(stretches))


def _pairs(stretches: Iterable[tuple[str, str, str]]) -> Iterator[tuple[date, int]]:
    for first, last, bits in stretches:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
        yield from ((day, int(bits, 16)) for day in business_dates([period]))


def _dated(instance: DatedInstance) -> list[str | int]:
    return [instance.business_date.isoformat(), instance.ordinal]


def _instance(value: tuple[str, int]) -> DatedInstance:
    return DatedInstance(date.fromisoformat(value[0]), value[1])


def _policy_json(policy: RunPolicy) -> list[str | bool]:
    return [policy.kind, policy.start.isoformat(), policy.end.isoformat(), policy.immediately]


def _policy(value: tuple[Any, str, str, bool] | None) -> RunPolicy | None:
    if value is None:
        return None
    kind, start, end, immediately = value
    return RunPolicy(kind, time.fromisoformat(start), time.fromisoformat(end), immediately)
