"""The grammar of filters once more, word by word as it is described, with nothing in common with ours."""

from __future__ import annotations

import re
from typing import Any


def naive(asked: dict[str, Any], item: dict[str, list[Any]]) -> bool:
    """The grammar word by word, as it is described."""
    respects = {name: each for name, each in asked.items() if name != "operator" and each is not None}
    answers = [naive_condition(each, item[name]) for name, each in respects.items()]
    return joined(asked, answers)


def joined(asked: dict[str, Any], answers: list[bool]) -> bool:
    if not answers:
        return True
    return all(answers) if asked.get("operator", "and_") == "and_" else any(answers)


def naive_condition(asked: dict[str, Any], values: list[Any]) -> bool:
    answers = []
    for word, given_value in asked.items():
        match word, given_value:
            case ("operator", _) | (_, None) | ("not_any_" | "all_", []) | ("like_", ""):
                continue
            case "any_", _:
                answers.append(any(value in given_value for value in values))
            case "not_any_", _:
                answers.append(values != [] and not any(value in given_value for value in values))
            case "all_", _:
                answers.append(all(each in values for each in given_value))
            case "like_", _:
                answers.append(any(naive_like(given_value, value) for value in values))
            case "is_null_", _:
                answers.append((values == []) == given_value)
            case "before_", _:
                answers.append(bool(values) and values[0] <= given_value)
            case "after_", _:
                answers.append(bool(values) and values[0] >= given_value)
    return joined(asked, answers)


def naive_like(pattern: str, text: str) -> bool:
    signs = {"%": ".*", "_": "."}
    expression = "".join(signs.get(sign, re.escape(sign)) for sign in pattern.casefold())
    return re.search(expression, text.casefold(), re.DOTALL) is not None
