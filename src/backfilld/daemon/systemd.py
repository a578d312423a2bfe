"""What systemd is told: readiness, reloading, the end."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


def notify(state: str, environment: Mapping[str, str]) -> None:
    """Send `state` (`READY=1`, `STOPPING=1`) to the supervisor, if there is one (sd_notify's protocol)."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.connect(address)
        sock.sendall(state.encode())


@contextmanager
def reloading(environment: Mapping[str, str]) -> Iterator[None]:
    """Between begin and end of this `systemctl reload` waits, with `Type=notify-reload`."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}", environment)
    yield
    notify("READY=1", environment)
