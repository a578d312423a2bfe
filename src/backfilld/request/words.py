"""The shape library's errors, in words that say what to write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic_core import ErrorDetails

from backfilld.catalog.documents import Path
from backfilld.catalog.fields import near
from backfilld.request.models import (
    Alert,
    Analysis,
    BackfillRequest,
    BizDates,
    DefaultRunProperties,
    Form,
    InstanceRetention,
    Periods,
    RunPolicy,
    Tag,
)
from backfilld.request.relative import days_back

FORMS: Mapping[Path, type[Form]] = {
    (): BackfillRequest,
    ("periods",): Periods,
    ("periods", "biz_dates"): BizDates,
    ("default_run_properties",): DefaultRunProperties,
    ("default_run_properties", "alert"): Alert,
    ("default_run_properties", "analysis"): Analysis,
    ("default_run_properties", "run_policy"): RunPolicy,
    ("instance_retention",): InstanceRetention,
    ("tags",): Tag,
}
"""What stands where in a request; another document has its own."""


def allowed(path: Path, error: ErrorDetails, forms: Mapping[Path, type[Form]] = FORMS) -> str:
    """What the field at a path takes, in a document of these forms."""
    match error["type"], error.get("ctx", {}):
        case "missing", _:
            return "a value: this field is needed"
        case "extra_forbidden", _:
            return _known_fields(path, forms)
        case "value_error", context:
            return str(context["error"])
        case "literal_error", context:
            return str(context["expected"]).replace("'", "")
        case "int_type", _:
            return "an integer"
        case "greater_than_equal", context:
            return f"an integer, at least {context['ge']}"
        case "too_long" | "string_too_long" as kind, context:
            return f"at most {context['max_length']:,} {'items' if kind == 'too_long' else 'characters'}"
        case "too_short", _:
            return "at least one item"
        case "string_type", _:
            return "a text; quote it"
        case "list_type", _:
            return "a list"
        case "model_type", _:
            fields = list(_form_at(path, forms).model_fields)
            return f"a mapping of {', '.join(fields)}{_as_range(fields, error['input'])}"
        case _:
            return error["msg"]


def _as_range(fields: list[str], given: object) -> str:
    """A hint for who writes one date where a range is due."""
    if fields != list(BizDates.model_fields) or (days_back(given) is None and not isinstance(given, date)):
        return ""
    return f"; {{{', '.join(f'{field}: {given}' for field in fields)}}} is one date"


def _known_fields(path: Path, forms: Mapping[Path, type[Form]]) -> str:
    fields = list(_form_at(path[:-1], forms).model_fields)
    hint = near(str(path[-1]), fields)
    return f"no such field{hint}" if hint else "one of " + ", ".join(fields)


def _form_at(path: Path, forms: Mapping[Path, type[Form]]) -> type[Form]:
    return forms[tuple(step for step in path if isinstance(step, str))]
