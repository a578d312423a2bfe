"""What the daemon leaves in its state folder for clients on this host: its token, and where it answers."""

from __future__ import annotations

import json
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

from backfilld.config.folders import ENDPOINT
from backfilld.daemon.serving import address_of


def read_token(folder: Path) -> str:
    """The token of this host, made at the first start: 256 random bits, for its owner alone."""
    file = folder / "token"
    with suppress(FileNotFoundError):
        if token := file.read_text().strip():  # an empty one would be shown by everybody
            return token
    token = secrets.token_urlsafe(32)
    _write_private(file, token)
    return token


def write_endpoint(folder: Path, sock: socket.socket, token: str, certificate: Path | None = None) -> None:
    """Tell clients on this host where we are, and with TLS by which certificate they know us."""
    secure = {} if certificate is None else {"certificate": str(certificate.absolute())}
    told = {"url": address_of(sock, secure=bool(secure)), "token": token, **secure}
    _write_private(folder / ENDPOINT, json.dumps(told))


def _write_private(file: Path, text: str) -> None:
    """Replace the file as a whole, mode 0600."""
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.rename(file)
