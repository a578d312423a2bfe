"""Bytes to a daemon, and what comes back, past every library that would not let them through."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from pathlib import Path

from daemon.host import Host

PATIENCE = 60.0
SILENCE = 0.3
"""Seconds after which nobody says anything more."""
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


def connected(host: Host) -> socket.socket:
    """A connection to the daemon."""
    url = host.client.base_url
    return socket.create_connection((url.host, url.port or 80), timeout=PATIENCE)


def said(host: Host, data: bytes, answers: int = 1) -> bytes:
    """What is answered: until there are so many answers, or nothing more comes, as the daemon waits for more too."""
    heard = bytearray()
    with connected(host) as line, suppress(ConnectionError):
        with suppress(ConnectionError):  # who is cut off in the middle of it may have been answered
            line.sendall(data)
        line.settimeout(SILENCE)
        with suppress(TimeoutError):
            while len(statuses(heard)) < answers and (part := line.recv(65_536)):
                heard += part
        line.settimeout(PATIENCE)
        line.shutdown(socket.SHUT_WR)
        while part := line.recv(65_536):
            heard += part
    return bytes(heard)


def statuses(answer: bytes | bytearray) -> list[int]:
    """Of each answer in it."""
    return [int(each) for each in _STATUS.findall(answer)]


def resident(host: Host) -> float:
    """MB of the daemon in memory now."""
    assert host.process is not None
    status = Path(f"/proc/{host.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def token_of(host: Host) -> str:
    """What its callers show."""
    return host.client.headers["Authorization"].removeprefix("Bearer ")
