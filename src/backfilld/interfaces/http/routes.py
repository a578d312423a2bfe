"""Routes that open at once: the form of what they answer is looked at when somebody reads the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute


class Route(APIRoute):
    """Keeps its `response_model` from the framework, which would build a check of it at every start, and never use it.

    Endpoints make their JSON themselves.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], *, response_model: Any = None, **options: Any) -> None:
        super().__init__(path, endpoint, response_model=None, **options)
        self.form = response_model or None  # the framework's word for none given is no None


class Router(APIRouter):
    """Some of the door's routes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=Route, **options)

    def forms(self) -> dict[tuple[str, str], Any]:
        """The form of each answer that has one, by path and method."""
        routes = (route for route in self.routes if isinstance(route, Route) and route.form is not None)
        return {(route.path, method.lower()): route.form for route in routes for method in route.methods or ()}
