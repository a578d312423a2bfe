"""Whom a request takes us for: a page of elsewhere whose name was made to lead here does not say our name."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from backfilld.interfaces.http.problems import problem


class Hosts:
    """Answers only requests whose `Host` is one of ours, against DNS rebinding; one without any is no browser's."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app, self._names = app, frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 421."""
        if scope["type"] != "http" or all(self._is_ours(value) for name, value in scope["headers"] if name == b"host"):
            return await self._app(scope, receive, send)
        told = problem("misdirected", "the host that this request is for is not one of ours: see `allowed_hosts`")
        return await told(scope, receive, send)

    def _is_ours(self, host: bytes) -> bool:
        """By its name, whatever its port."""
        name = host.decode("latin-1").lower()
        return (name if name.endswith("]") else name.rpartition(":")[0] or name).strip("[]") in self._names
