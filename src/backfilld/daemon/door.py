"""How the HTTP door is hung: its address, its names, its TLS, and how long it waits for whom."""

from __future__ import annotations

import resource
import socket
from typing import Any

import uvicorn

from backfilld.config.addresses import LOOPBACK, is_loopback
from backfilld.config.door import credential
from backfilld.config.settings import Settings
from backfilld.daemon.connections import AT_ONCE, within
from backfilld.interfaces.http.rates import RateLimits

LAST_ANSWERS = 1
"""Seconds that open requests have to finish after SIGTERM."""
NEXT_QUESTION = 75
"""Seconds that a connection without a request stays open: longer than we tell a client to wait, or than one polls.

One that is closed just as its client asks again is an error to that client, as it cannot know whether it was heard.
"""


def config_of(app: Any, settings: Settings) -> uvicorn.Config:
    """The server's, for this app; addresses that proxies tell are believed of the trusted ones alone."""
    return uvicorn.Config(
        app,
        http=within(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        ws="none",
        backlog=AT_ONCE,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=None if settings.tls_key is None else credential(settings.tls_key),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=NEXT_QUESTION,
        timeout_graceful_shutdown=LAST_ANSWERS,
    )


def refuse_unguarded(settings: Settings, sock: socket.socket) -> None:
    """Raise OSError where tokens would travel in the clear: also a socket that systemd has opened is looked at."""
    if not is_loopback(host_of(sock)) and not settings.guarded:
        raise OSError(
            f"{host_of(sock)} can be reached from elsewhere: it takes tls_certificate and tls_key, or trusted_proxies"
        )


def names_of(settings: Settings, sock: socket.socket) -> frozenset[str] | None:
    """The hosts that requests may be for; None: any, where others reach us and nobody has said by which names."""
    if not settings.allowed_hosts and (settings.trusted_proxies or not is_loopback(host_of(sock))):
        return None
    return LOOPBACK | {host_of(sock), settings.host, *settings.allowed_hosts}


def rates_of(settings: Settings) -> RateLimits:
    """As the door counts them."""
    return RateLimits(**settings.rate_limits.model_dump())


def host_of(sock: socket.socket) -> str:
    """The address that is listened on."""
    return str(sock.getsockname()[0])
