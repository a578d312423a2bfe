"""Routes that say what they ask of a caller, and that open at once.

The form of what they answer is looked at when somebody reads the document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from fastapi import APIRouter, Depends
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Send
from starlette.types import Scope as Asked

from backfilld.interfaces.http.access import Needs
from backfilld.interfaces.http.checks import Check, Handler, checked
from backfilld.interfaces.http.once import RefusesKey, TakesKey, once_only
from backfilld.interfaces.http.queries import KnownQuery
from backfilld.interfaces.http.turns import in_place, in_turn
from backfilld.service.access import Scope

VERSION = "v1"
E = TypeVar("E", bound=Callable[..., Any])
_ANY = "{}"
"""Stands for a last word that is a parameter."""
TAKES_KEY = TakesKey()
REFUSES_KEY = RefusesKey()


class Route(APIRoute):
    """Keeps its `response_model` from the framework, which would build a check of it at every start, and never use it.

    Endpoints make their JSON themselves. A route that does not say its scope is a TypeError.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        response_model: Any = None,
        dependencies: Sequence[Dependency] | None = None,
        **options: Any,
    ) -> None:
        asked = dependencies or ()
        self.checks = tuple(each.dependency for each in asked if isinstance(each.dependency, Check))
        self.scope = scope_of(path, self.checks)
        endpoint = in_place(endpoint) if "brief" in endpoint.__dict__ else endpoint
        others = [each for each in asked if not isinstance(each.dependency, Check)]
        super().__init__(path, endpoint, response_model=None, dependencies=others, **options)
        self.form = response_model or None  # the framework's word for none given is no None

    def get_route_handler(self) -> Handler:
        """What answers whoever passes the checks: who looks, in turn; under an idempotency key, once.

        A key that was used for another query says so: that comes before whether the query is known.
        """
        queries = [each for each in self.checks if isinstance(each, KnownQuery)]
        handle = checked(super().get_route_handler(), queries)
        if self.methods == {"GET"} and not iscoroutinefunction(self.endpoint):
            handle = in_turn(handle, self.endpoint)
        if any(isinstance(each.dependency, TakesKey) for each in self.dependencies):
            handle = once_only(handle)
        return checked(handle, [each for each in self.checks if each not in queries])


class Router(APIRouter):
    """Some of the door's routes; `scope` is what they ask for unless they say another."""

    def __init__(self, *, scope: Scope | None, version: str = f"/{VERSION}", prefix: str = "", **options: Any) -> None:
        """A scope of None opens routes to everybody whose path the gate leaves open."""
        super().__init__(route_class=Route, prefix=version + prefix, **options)
        self._scope = scope

    def add_api_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        scope: Scope | None = None,
        keys: TakesKey | RefusesKey | None = TAKES_KEY,
        dependencies: Sequence[Dependency] | None = None,
        **options: Any,
    ) -> None:
        """A route that asks for this scope, else for the router's.

        If it is no GET it takes idempotency keys, unless `keys` says that it refuses them, or, None, that it changes
        nothing.
        """
        mine: list[Dependency] = [Depends(Needs(self._scope if scope is None else scope))]
        if keys is not None and set(options.get("methods") or ("GET",)) != {"GET"}:
            mine.append(Depends(keys))
        super().add_api_route(path, endpoint, dependencies=[*mine, *(dependencies or ())], **options)

    def get(self, path: str, **options: Any) -> Callable[[E], E]:
        """Have a function answer GET."""
        return self._on("GET", path, options)

    def post(self, path: str, **options: Any) -> Callable[[E], E]:
        """Have a function answer POST."""
        return self._on("POST", path, options)

    def put(self, path: str, **options: Any) -> Callable[[E], E]:
        """Have a function answer PUT."""
        return self._on("PUT", path, options)

    def patch(self, path: str, **options: Any) -> Callable[[E], E]:
        """Have a function answer PATCH."""
        return self._on("PATCH", path, options)

    def delete(self, path: str, **options: Any) -> Callable[[E], E]:
        """Have a function answer DELETE."""
        return self._on("DELETE", path, options)

    def _on(self, method: str, path: str, options: dict[str, Any]) -> Callable[[E], E]:
        def add(endpoint: E) -> E:
            self.add_api_route(path, endpoint, methods=[method], **options)
            return endpoint

        return add


class Routes(BaseRoute):
    """All of the door's: of some hundred, a request is held against the few whose paths begin and end as its own."""

    def __init__(self, routers: Iterable[Router]) -> None:
        self.all = [route for router in routers for route in router.routes if isinstance(route, Route)]
        self._by_words = defaultdict[tuple[str, ...], list[Route]](list)
        for route in self.all:
            begin, end = _words_of(route.path)
            self._by_words[*begin, _ANY if end.startswith("{") else end].append(route)

    def matches(self, scope: Asked) -> tuple[Match, Asked]:
        """The route of this path and method, else the first of this path; it is in the scope then."""
        found = [route.matches(scope) for route in self._of(scope["path"])]
        return max(found, key=_how_well, default=(Match.NONE, {}))

    async def handle(self, scope: Asked, receive: Receive, send: Send) -> None:
        """Have it answered by the route that was found."""
        await scope["route"].handle(scope, receive, send)

    def methods_at(self, path: str) -> list[str]:
        """What a path can be asked with."""
        mine = (route for route in self._of(path) if route.path_regex.match(path))
        return sorted(method for route in mine for method in route.methods or ())

    def forms(self) -> dict[tuple[str, str], Any]:
        """The form of each answer that has one, by path and method."""
        routes = (route for route in self.all if route.form is not None)
        return {(route.path_format, method.lower()): route.form for route in routes for method in route.methods or ()}

    def _of(self, path: str) -> list[Route]:
        """Those that it may be for."""
        begin, end = _words_of(path)
        return [*self._by_words.get((*begin, end), ()), *self._by_words.get((*begin, _ANY), ())]


def _words_of(path: str) -> tuple[list[str], str]:
    """The first two words of a path, which are parameters in none of ours, and the last.

    >>> _words_of("/v1/backfills/{backfill}/runs"), _words_of("/healthz")
    ((['v1', 'backfills'], 'runs'), (['healthz'], 'healthz'))
    """
    return path.split("/", 3)[1:3], path.rpartition("/")[2]


def _how_well(found: tuple[Match, Asked]) -> int:
    return found[0].value


def scope_of(path: str, checks: Sequence[Check]) -> Scope | None:
    """What a route asks for by its checks; raises TypeError for one that does not say."""
    found = [each.scope for each in checks if isinstance(each, Needs)]
    if not found:
        raise TypeError(f"{path} does not say which scope it needs")
    return found[0]
