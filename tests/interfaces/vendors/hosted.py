"""Real daemons, each a process of its own, for the stories that the vendors' clients tell."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from daemon.host import Host


@contextmanager
def hosted(folder: Path, catalog: str, settings: str = "", *, seals: bool = False) -> Iterator[Host]:
    """A running daemon with this catalog; `settings` is TOML. One that seals can have tokens for DataWorks."""
    folder.mkdir()
    host = Host(folder)
    if seals:
        give_key(host)
    host.settings.write_text(f"{host.settings.read_text()}\n{settings}\n")
    (folder / "catalog" / "vendors.yaml").write_text(catalog)
    try:
        host.start()
        yield host
    finally:
        host.close()


def give_key(host: Host) -> None:
    """Have its daemons find a key for secrets."""
    folder = host.folder / "credentials"
    folder.mkdir()
    (folder / "token_key").write_text(base64.b64encode(os.urandom(32)).decode())
    host.environment = {"CREDENTIALS_DIRECTORY": str(folder)}


def token_on(host: Host, kind: str, scope: str = "operate", name: str = "sdk") -> Any:
    """A new token of a kind."""
    made = host.client.post("/v1/tokens", json={"name": name, "scope": scope, "kind": kind})
    assert made.status_code == 201, made.text
    return made.json()


def address_of(host: Host) -> str:
    """Where clients find it, without a slash at the end."""
    return str(host.client.base_url).rstrip("/")
