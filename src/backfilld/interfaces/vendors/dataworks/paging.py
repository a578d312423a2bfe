"""Pages by number, and the order of what is on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backfilld.catalog.fields import Refused
from backfilld.interfaces.vendors.dataworks.fields import Field, Form, Read, whole

LARGEST_PAGE, USUAL_PAGE = 500, 10
PAGES: Form = {"PageNumber": Field(whole(1, 10**9)), "PageSize": Field(whole(1, LARGEST_PAGE))}
DIRECTIONS = {"Asc": False, "Desc": True}


@dataclass(frozen=True, slots=True)
class Order:
    """By which field, and whether the greatest comes first."""

    field: str
    descending: bool


NEWEST = Order("Id", descending=True)


def sorting(*names: str) -> Read:
    """Reads `Field` or `Field Desc|Asc`."""

    def read(value: str) -> Order:
        name, _, direction = value.partition(" ")
        if name not in names or (direction or "Asc") not in DIRECTIONS:
            raise Refused(f"one of {', '.join(names)}, then Asc or Desc")
        return Order(name, DIRECTIONS[direction or "Asc"])

    return read


def in_order(
    items: Sequence[Any], order: Order, key: Callable[[Any, str], Any], number: Callable[[Any], int]
) -> list[Any]:
    """The items by that field; those without a value come last, equal ones by id."""
    ordered = sorted(items, key=number, reverse=order.descending)
    if order.field == "Id":
        return ordered
    known = [each for each in ordered if key(each, order.field) is not None]
    known.sort(key=lambda each: key(each, order.field), reverse=order.descending)
    return known + [each for each in ordered if key(each, order.field) is None]


def page_of(
    items: Sequence[Any], asked: Mapping[str, Any], name: str, render: Callable[[Any], Any]
) -> dict[str, object]:
    """The page that is asked for, under its name; one past the last is empty."""
    number, size = asked.get("PageNumber", 1), asked.get("PageSize", USUAL_PAGE)
    there = items[(number - 1) * size : number * size]
    paging = {"PageNumber": number, "PageSize": size, "TotalCount": len(items)}
    return {"PagingInfo": {**paging, name: [render(each) for each in there]}}


def neighbours_of(
    items: Sequence[Any], asked: Mapping[str, Any], name: str, render: Callable[[Any], Mapping[str, Any]]
) -> dict[str, object]:
    """The page of neighbours under its name, and beside it, for older scripts, the same ones flat.

    >>> found = neighbours_of([1], {}, "UpstreamTasks", lambda each: {"Task": {"Id": each}, "DependencyType": "Normal"})
    >>> found["PagingInfo"]["Tasks"]
    [{'Id': 1, 'StepType': 'Normal'}]
    """
    page: dict[str, Any] = page_of(items, asked, name, render)
    inner = name.removeprefix("Upstream").removeprefix("Downstream")
    paging = page["PagingInfo"]
    flat = [{**each[inner[:-1]], "StepType": each["DependencyType"]} for each in paging[name]]
    return {"PagingInfo": {**paging, inner: flat}}
