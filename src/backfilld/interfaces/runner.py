"""The runner's door: one daemon asks over a Unix socket, and hears the news as they come."""

from __future__ import annotations

import json
import logging
import socket
import struct
from asyncio import Queue, Transport, get_running_loop
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from backfilld.executors.runner import Runner
from backfilld.executors.wire import Messages, line, outcome_json, specs_of
from backfilld.ports import Outcome

log = logging.getLogger(__name__)
_CREDENTIALS = struct.Struct("3i")
"""SO_PEERCRED: process, user, group."""
ACKNOWLEDGED_IN = 0.2
"""Seconds within which it is said that a call is done, if there is no news to say it with."""


class PeerProtocol(H11Protocol):
    """HTTP that knows which user is at the other end; the kernel says so."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Note the peer where requests find it."""
        super().connection_made(transport)
        credentials = transport.get_extra_info("socket").getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
        )
        self.app_state = {**self.app_state, "user": _CREDENTIALS.unpack(credentials)[1]}


class Ear:
    """The one daemon that listens. Who comes after it, with an epoch as high, takes its place; loop's thread only.

    News for nobody are dropped: who comes asks about all that it has open, and the spool knows.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.session = 0
        """Counts those who have listened; what another session asks is not done any more."""
        self.deaf = False
        """The runner is about to end."""
        self._news: Queue[list[Outcome] | None] | None = None
        self._done = self._told = 0

    def tell(self, news: list[Outcome]) -> None:
        """To whoever listens."""
        if self._news:
            self._news.put_nowait(news)

    def done(self) -> None:
        """One more call is done; said with the next news, or soon."""
        self._done += 1
        if self._done == self._told + 1:
            get_running_loop().call_later(ACKNOWLEDGED_IN, self._acknowledge)

    def _acknowledge(self) -> None:
        if self._told < self._done:
            self.tell([])

    def listen(self, epoch: int) -> AsyncIterator[bytes]:
        """What a daemon of this epoch is told from now on."""
        self.let_go()
        self.epoch = epoch
        self.session += 1
        self._news = news = Queue[list[Outcome] | None]()
        self._done = self._told = 0
        return self._said(news)

    async def _said(self, news: Queue[list[Outcome] | None]) -> AsyncIterator[bytes]:
        while (outcomes := await news.get()) is not None:
            self._told = self._done
            yield line([self._done, [outcome_json(outcome) for outcome in outcomes]])

    def let_go(self) -> None:
        """Whoever listens hears no more, and may come again."""
        self.session += 1
        if self._news:
            self._news.put_nowait(None)
        self._news = None

    def close(self) -> None:
        """Nobody listens, nor will."""
        self.deaf = True
        self.let_go()


class Gate:
    """Only the users that may, and no daemon that another has replaced."""

    def __init__(self, app: ASGIApp, users: frozenset[int], ear: Ear) -> None:
        self._app, self._users, self._ear = app, users, ear

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        refusal = self._refusal(scope["state"]["user"], dict(scope["headers"]))
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, user: int, headers: Mapping[bytes, bytes]) -> Response | None:
        if user not in self._users:
            log.warning("user %d is refused", user)
            return Response(f"user {user} may not: the runner's setting daemon_user names who may", 403)
        epoch = headers.get(b"epoch", b"")
        if not epoch.isdigit():
            return Response("the header Epoch has no number", 400)
        if int(epoch) < self._ear.epoch:
            return Response(f"epoch {int(epoch)} is over, {self._ear.epoch} has begun", 409)
        if self._ear.deaf:
            return Response("it is about to end", 503)
        return None


class Routes:
    """What a runner is asked; whoever takes its outcomes tells them to `ear`."""

    def __init__(self, runner: Runner, slots: Mapping[str, int], ear: Ear) -> None:
        self._runner, self._slots, self._ear = runner, slots, ear

    async def news(self, request: Request) -> Response:
        """How many calls were done, and outcomes, until a newer daemon listens or the runner ends."""
        said = self._ear.listen(int(request.headers["epoch"]))
        headers = {"Session": str(self._ear.session), "Slots": json.dumps(self._slots)}
        return StreamingResponse(said, headers=headers)

    async def calls(self, request: Request) -> Response:
        """Calls of the session that listens, in their order, as long as it does: none of them waits."""
        session = request.headers.get("session")
        try:
            async for call in _calls(request):
                if session != str(self._ear.session):
                    break
                _perform(self._runner, call)
                self._ear.done()
        except (ValueError, TypeError, AttributeError, OSError) as error:  # no call at all; or a full disk
            log.exception("a call cannot be done; it is to be said again")
            return Response(str(error), 400)
        finally:
            if session == str(self._ear.session):
                self._ear.let_go()
        return Response(status_code=204)

    async def log_part(self, attempt: str, offset: int, limit: int) -> Response:
        """A stretch of an attempt's output; where it is, how long all is and what was cut out in `Log-Extent`."""
        part = await run_in_threadpool(self._runner.log, attempt, offset, limit)
        extent = " ".join(map(str, (part.offset, part.size, *(part.hole or ()))))
        return Response(part.data, headers={"Log-Extent": extent}, media_type="application/octet-stream")

    async def records(self) -> Response:
        """The names of all attempts that there is anything of."""
        return Response(line(sorted(await run_in_threadpool(self._runner.records))))

    async def discard(self, request: Request) -> Response:
        """Remove the logs of attempts that have ended."""
        await run_in_threadpool(self._runner.discard, await request.json())
        return Response(status_code=204)


def runner_app(runner: Runner, slots: Mapping[str, int], users: frozenset[int], ear: Ear) -> FastAPI:
    """The app that asks this runner for these users; whoever takes the runner's outcomes tells them to `ear`."""
    app, routes = FastAPI(openapi_url=None), Routes(runner, slots, ear)
    app.get("/news")(routes.news)
    app.post("/calls")(routes.calls)
    app.get("/log")(routes.log_part)
    app.get("/records")(routes.records)
    app.post("/discard")(routes.discard)
    app.add_middleware(Gate, users=users, ear=ear)
    return app


async def _calls(request: Request) -> AsyncIterator[Any]:
    """The messages of a body, each as soon as it is whole; a caller that breaks off has said all it wanted."""
    said = Messages()
    with suppress(ClientDisconnect):
        async for chunk in request.stream():
            for call in said.after(chunk):
                yield call


def _perform(runner: Runner, call: Sequence[Any]) -> None:
    match call:
        case "launch", specs, epoch:
            runner.launch(specs_of(specs), epoch)
        case "stop", graces:
            runner.stop(graces)
        case "reattach", attempts:
            runner.reattach(attempts)
        case "forget", attempts:
            runner.forget(attempts)
        case _:
            raise ValueError(str(call))
