"""The payload: one text for the file of every attempt, and what of it is parameters (spec 2 and 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from backfilld.catalog.documents import Path, shown
from backfilld.catalog.fields import Refused
from backfilld.catalog.parameters import checked
from backfilld.request.faults import FieldFault


class AskedPayload:
    """What a payload's scalars set for the tasks that declare them, and the faults in it; null sets nothing."""

    def __init__(self, payload: object, declared: frozenset[str], rests_on: tuple[Path, ...]) -> None:
        self.faults: list[FieldFault] = []
        self.parameters: dict[str, str] = {}
        for name, value in payload.items() if isinstance(payload, Mapping) else ():
            if name in declared and value is not None and not isinstance(value, Mapping | list):
                self._take(name, value, rests_on)

    def _take(self, name: str, value: object, rests_on: tuple[Path, ...]) -> None:
        try:
            self.parameters[name] = checked(name, _text(value))
        except Refused as refused:
            allowed = f"{refused}; the catalog declares a parameter of this name"
            self.faults.append(FieldFault(("payload", name), shown(value), allowed, rests_on))


def _text(value: object) -> object:
    """Truth and fractions as JSON writes them."""
    return json.dumps(value) if isinstance(value, bool | float) else value
