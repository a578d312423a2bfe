"""Clients that wait for what takes long: once they have gone nobody works for them any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from backfilld.errors import ForecastFailed
from backfilld.interfaces.http.bodies import body_of
from backfilld.service.leaving import MayLeave


async def client_of(request: Request, body: Annotated[bytes, Depends(body_of)]) -> AsyncIterator[MayLeave]:
    """Who asks, as long as they are there; only behind the body there is nothing to come but the end."""
    client = MayLeave()
    watching = asyncio.create_task(_watch(request, client))
    try:
        yield client
    except ForecastFailed:
        if client.gone:
            raise ClientDisconnect from None  # there is nobody to be told
        raise
    finally:
        watching.cancel()


Client = Annotated[MayLeave, Depends(client_of)]


async def _watch(request: Request, client: MayLeave) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    client.leave()
