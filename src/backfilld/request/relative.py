"""Business dates that are told from today: `yesterday`, `-7d`, `-2w`."""

from __future__ import annotations

import re

RELATIVE = "today, yesterday, or days or weeks before today such as -7d or -2w"
_WORDS = {"today": 0, "yesterday": 1}
_BACK = re.compile(r"-(\d{1,6})([dw])", re.ASCII)
_DAYS = {"d": 1, "w": 7}


def days_back(value: object) -> int | None:
    """How many days before today a word means; None for what is no such word.

    >>> [days_back(word) for word in ("today", "yesterday", "-7d", "-2w", "tomorrow", "-1m")]
    [0, 1, 7, 14, None, None]
    """
    if not isinstance(value, str):
        return None
    found = _BACK.fullmatch(value)
    return int(found[1]) * _DAYS[found[2]] if found else _WORDS.get(value)
