"""The values that fields of a catalog take, as JSON Schema says them; the same that `catalog/fields.py` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backfilld.catalog.fields import LARGEST_ID, LONGEST_NAME, TIME_PATTERN

Schema = Mapping[str, Any]
DRAFT = "http://json-schema.org/draft-07/schema#"
"""The one that every editor knows."""

TRUTH: Schema = {"type": "boolean"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "not": {"pattern": "^[0-9]+$"}}
ID: Schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
DURATION: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": r"^(?=[0-9])([0-9]{1,5}d)?([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$"},
    ]
}
SIZE: Schema = {
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,9}(KiB|MiB|GiB)$"}]
}
_EXIT_CODE = {"type": "integer", "minimum": 1, "maximum": 255}
EXIT_CODES: Schema = {"anyOf": [_EXIT_CODE, {"type": "array", "items": _EXIT_CODE}]}
TIME_OF_DAY: Schema = {"type": "string", "pattern": TIME_PATTERN}
CRON: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
DATE: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
SCALAR: Schema = {"type": ["string", "integer"]}
PARAMETERS: Schema = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": SCALAR,
        },
    ]
}
TAGS: Schema = {"type": "object", "additionalProperties": SCALAR}


def text(longest: int = 10_000) -> Schema:
    """A text that is not empty."""
    return {"type": "string", "minLength": 1, "maxLength": longest}


def whole(low: int, high: int) -> Schema:
    """An integer within bounds, both included."""
    return {"type": "integer", "minimum": low, "maximum": high}


def choice(*words: str) -> Schema:
    """One of these words."""
    return {"enum": list(words)}


def optional(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def told(words: str, schema: Schema) -> Schema:
    """The same with what an editor shows about it."""
    return {"description": words, **schema}


def mapping(properties: Mapping[str, Schema], *needed: str) -> dict[str, Any]:
    """A mapping with these keys and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(needed),
        "additionalProperties": False,
    }


def one_or_list(item: str) -> dict[str, Any]:
    """A document that is one item, or a list of them; `item` is the name of its definition."""
    ref = {"$ref": f"#/$defs/{item}"}
    return {"if": {"type": "array"}, "then": {"items": ref}, "else": ref}
