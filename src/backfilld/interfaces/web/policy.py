"""What a browser is told about everything that it shows of us: nothing from elsewhere, nothing for elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NOWHERE_ELSE = "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
OF_THE_PAGE = f"default-src 'self'; style-src-attr 'unsafe-inline'; {NOWHERE_ELSE}"
"""Its own files, and styles on elements: bars have widths."""


def headers(policy: str, cache: str) -> Mapping[str, str]:
    """Those of an answer with this policy for its content (CSP), which may be kept as `cache` says."""
    told = {
        "Cache-Control": cache,
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return MappingProxyType(told)
