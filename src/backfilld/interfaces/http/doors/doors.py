"""Which requests go to a vendor's door, and whether it is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from backfilld.interfaces.http.doors.admission import Admission
from backfilld.interfaces.http.problems import problem
from backfilld.interfaces.http.rates import Rates
from backfilld.interfaces.http.services import Services
from backfilld.ports import TokenKind


@dataclass(frozen=True, slots=True)
class Door:
    """A vendor's: whose tokens open it, which requests are meant for it, and what answers them."""

    kind: TokenKind
    claims: Callable[[Asked], bool]
    make: Callable[[Services, Admission], ASGIApp]


class Doors:
    """Hands each request to the first door that claims it, or on to ours; a door without a good credential is shut."""

    def __init__(self, app: ASGIApp, doors: Sequence[Door], services: Services, rates: Rates | None) -> None:
        """Rates of None count nothing."""
        self._app, self._doors, self._services = app, doors, services
        self._admission = Admission(services.tokens, rates)
        self._made: dict[TokenKind, ASGIApp] = {}

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        """Pass on, or answer 404."""
        door = next((each for each in self._doors if scope["type"] == "http" and each.claims(scope)), None)
        if door is None:
            return await self._app(scope, receive, send)
        if not self._services.tokens.any_good(door.kind):
            shut = problem("not_found", f"the door for {door.kind.value} is shut: no token of that kind is good")
            return await shut(scope, receive, send)
        return await self._app_of(door)(scope, receive, send)

    def _app_of(self, door: Door) -> ASGIApp:
        if door.kind not in self._made:
            self._made[door.kind] = door.make(self._services, self._admission)
        return self._made[door.kind]
