"""The payload: one text for the file of every attempt, and what of it is parameters (spec 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping

from backfilld.catalog.documents import Path, shown
from backfilld.catalog.fields import Refused
from backfilld.catalog.parameters import checked
from backfilld.request.faults import FieldFault


class AskedPayload:
    """What a payload sets for the tasks that declare it, and the faults in it."""

    def __init__(self, payload: object, declared: frozenset[str], rests_on: tuple[Path, ...]) -> None:
        self.faults: list[FieldFault] = []
        self.parameters: dict[str, str] = {}
        for name, value in payload.items() if isinstance(payload, Mapping) else ():
            if name in declared and not isinstance(value, Mapping | list):
                self._take(name, value, rests_on)

    def _take(self, name: str, value: object, rests_on: tuple[Path, ...]) -> None:
        try:
            self.parameters[name] = checked(name, value)
        except Refused as refused:
            allowed = f"{refused}; the catalog declares a parameter of this name"
            self.faults.append(FieldFault(("payload", name), shown(value), allowed, rests_on))
