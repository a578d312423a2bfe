"""A caller's word for one request, so that it is done once however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """`key` is `caller`'s word for one request; `digest` is of what was asked under it. Another caller's is another."""

    caller: str
    key: str
    digest: str
