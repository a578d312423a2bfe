"""A request as a file that people edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date

from backfilld.config.yaml_text import plain

_PLAIN = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)


def yaml_of(request: Mapping[str, object]) -> str:
    """The request in YAML, a line a field or item; texts are quoted where a reader might take them for something else.

    >>> print(yaml_of({"name": "on", "periods": {"biz_dates": [{"start_biz_date": date(2024, 1, 2)}]}}))
    name: "on"
    periods:
      biz_dates:
        - {start_biz_date: 2024-01-02}
    """
    return "\n".join(_lines(request, ""))


def json_of(request: Mapping[str, object]) -> object:
    """The request as JSON values, as it is sent: dates are ISO texts."""
    return json.loads(json.dumps(request, default=date.isoformat))


def _lines(fields: Mapping[str, object], indent: str) -> Iterator[str]:
    for key, value in fields.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{key}:"
            yield from (f"{indent}  - {_inline(item)}" for item in value)
        else:
            yield f"{indent}{key}: {_inline(value)}"


def _inline(value: object) -> str:
    match value:
        case Mapping():
            return "{" + ", ".join(f"{key}: {_inline(each)}" for key, each in value.items()) + "}"
        case date():
            return value.isoformat()
        case str() if _PLAIN.fullmatch(value) and type(plain(value)) is str:
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
