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
    """Whether who sends this header has what bears the tag.

    >>> has('W/"a", "b"', '"a"'), has("*", '"a"'), has('"b"', '"a"'), has(None, '"a"')
    (True, True, False, False)
    """
    return header is not None and (header.strip() == "*" or tag in _TAG.findall(header))
