"""How a request is recognised that is meant for a vendor's door, before that is imported."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.types import Scope

ACTION = b"x-acs-action"


def says_action(scope: Scope) -> bool:
    """Whether a request is one of DataWorks' clients: nothing else at `/` names an operation."""
    if scope["path"] != "/":
        return False
    if any(name == ACTION for name, _ in scope["headers"]):
        return True
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return any(name == "Action" for name, _ in query)


def below(root: str) -> Callable[[Scope], bool]:
    """Whether a request's path begins so."""
    return lambda scope: scope["path"].startswith(root)
