"""Entity tags (RFC 9110): who has an answer already is told so."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

_TAG = re.compile(r'(?:W/)?("[^"]*")')
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=2000, description="An `ETag` that you have: 304 if it is still that."),
]


def has(header: str | None, tag: str) -> bool:
    """Whether who sends this header has what bears the tag, be it written in the same way or not.

    >>> has('W/"a", "b"', '"a"'), has("*", '"a"'), has('"b"', 'W/"b"'), has('"b"', '"a"'), has(None, '"a"')
    (True, True, True, False, False)
    """
    return header is not None and (header.strip() == "*" or not set(_TAG.findall(tag)).isdisjoint(_TAG.findall(header)))
