"""Where the daemon is: what was given, else the file that it leaves in its state folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from backfilld.config.folders import ENDPOINT, default_state_dir
from backfilld.errors import ProductError

START = "start one with: backfilld --catalog DIR --state DIR"


class Unreachable(ProductError):
    """No daemon was found, none answers, or it is in trouble; the same call may work later."""

    code = "daemon_unreachable"


class TokenRefused(ProductError):
    """There is no token that this user may read, or the daemon does not take it."""

    code = "token_refused"


@dataclass(frozen=True, slots=True)
class Where:
    """What the user said, by option or environment."""

    url: str | None = None
    token: str | None = None
    state: Path | None = None
    context: str | None = None

    @property
    def file(self) -> Path:
        """Where the daemon of this host says where it is."""
        return (self.state or default_state_dir(os.environ)) / ENDPOINT


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address, the token for it, and who named it, for messages."""

    url: str
    token: str
    source: str
    certificate: Path | None = None
    """Of a daemon on this host that speaks TLS: by this one it is known, whatever it is named in it."""


def token_in(file: Path) -> str:
    """The token that a file holds, and nothing else; raises `TokenRefused`."""
    try:
        found = file.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise TokenRefused(f"{file} cannot be read: {error}") from None
    if len(found) != 1:
        raise TokenRefused(f"{file} holds {len(found)} words: a token is one")
    return found[0]


def find_endpoint(where: Where) -> Endpoint:
    """The daemon's address and token; raises `Unreachable` or `TokenRefused`, saying where it was looked for.

    The file's token is only ever sent to the file's address.
    """
    if where.url and where.token:
        return Endpoint(where.url, where.token, "given")
    if where.url:
        return _with_token_of_this_host(where, where.url)
    found = _read(where)
    return replace(found, token=where.token or found.token)


def _with_token_of_this_host(where: Where, url: str) -> Endpoint:
    try:
        found = _read(where)
    except Unreachable:
        found = None
    if found is None or found.url.rstrip("/") != url.rstrip("/"):
        raise TokenRefused(f"there is no token for {url}: give one by BACKFILL_TOKEN or --token")
    return found


def _read(where: Where) -> Endpoint:
    try:
        said = json.loads(where.file.read_text(encoding="utf-8"))
        certificate = Path(said["certificate"]) if "certificate" in said else None
        return Endpoint(str(said["url"]), str(said["token"]), str(where.file), certificate)
    except (FileNotFoundError, NotADirectoryError):
        raise Unreachable(
            f"no daemon found: there is no {where.file}; {START}; "
            "or say where it is by --state (BACKFILL_STATE), or --url and --token (BACKFILL_URL, BACKFILL_TOKEN)"
        ) from None
    except PermissionError:
        raise TokenRefused(
            f"{where.file} cannot be read by this user: be the user that the daemon runs as, "
            "or set BACKFILL_URL and BACKFILL_TOKEN"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"{where.file} does not say where the daemon is ({error}); {START}") from None
