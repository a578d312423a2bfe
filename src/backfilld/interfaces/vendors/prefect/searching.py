"""What is searched for in lines of logs, in Prefect's grammar."""

from __future__ import annotations

import re
from collections.abc import Callable

_TERM = re.compile(r'([-!+]?)(?:"((?:[^"\\]|\\.)*)"?|(\S+))', re.DOTALL)
_PREFIXES = frozenset("-!+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def searches(query: str) -> Callable[[str], bool]:
    """Whether a text has one of the terms, all of those behind `+`, and none behind `-` or `!`; in either case.

    >>> found = searches('timeout +"took 5 s" -retried')
    >>> found("Timeout: took 5 s"), found("timeout"), found("timeout: took 5 s, retried")
    (True, False, False)
    """
    terms: dict[str, list[str]] = {"": [], "+": [], "-": []}
    for prefix, phrase, word in _TERM.findall(query):
        if term := _ESCAPED.sub(r"\1", phrase) or word:
            terms["-" if prefix == "!" else prefix].append(term.lower())
    some = [term for term in terms[""] if term not in _PREFIXES]  # a prefix of nothing means nothing

    def passes(text: str) -> bool:
        within = text.lower().__contains__
        return (
            (not some or any(map(within, some))) and all(map(within, terms["+"])) and not any(map(within, terms["-"]))
        )

    return passes
