"""Real daemons, each a process of its own, for the stories that the vendors' clients tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from daemon.host import Host


@contextmanager
def hosted(folder: Path, catalog: str, settings: str = "") -> Iterator[Host]:
    """A running daemon with this catalog; `settings` is TOML."""
    folder.mkdir()
    host = Host(folder)
    host.settings.write_text(f"{host.settings.read_text()}\n{settings}\n")
    (folder / "catalog" / "vendors.yaml").write_text(catalog)
    try:
        host.start()
        yield host
    finally:
        host.close()


def token_on(host: Host, kind: str, scope: str = "operate", **more: object) -> Any:
    """A new token of a kind."""
    made = host.client.post("/v1/tokens", json={"name": "sdk", "scope": scope, "kind": kind, **more})
    assert made.status_code == 201, made.text
    return made.json()


def address_of(host: Host) -> str:
    """Where clients find it, without a slash at the end."""
    return str(host.client.base_url).rstrip("/")
