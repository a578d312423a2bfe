"""Daemons by name: a small file of the user's own says where each is, and which one is meant where none is named."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backfilld.config.folders import contexts_file
from backfilld.errors import Fault, Faulty
from backfilld.interfaces.cli.endpoint import Endpoint, Where, find_endpoint, token_in

KEYS = ("url", "token_file", "certificate")


class WrongContext(Faulty):
    """There is no such context, or what is said of it makes no sense."""

    code = "wrong_context"


@dataclass(frozen=True, slots=True)
class Context:
    """A daemon: its address, the file that holds the token for it, and the certificate that it is known by."""

    url: str
    token_file: Path
    certificate: Path | None = None

    def endpoint(self, name: str) -> Endpoint:
        """The same with the token read; raises `TokenRefused`."""
        return Endpoint(self.url, token_in(self.token_file), f"context {name}", self.certificate)


@dataclass(frozen=True, slots=True)
class Contexts:
    """All that the file says; `current` is meant where none is named."""

    named: Mapping[str, Context]
    current: str | None = None

    def find(self, name: str) -> Context:
        """The context of this name; raises `WrongContext`."""
        if name not in self.named:
            known = ", ".join(sorted(self.named)) or "none is known yet"
            raise WrongContext([Fault("context", name, f"one that `backfill context list` shows: {known}")])
        return self.named[name]

    def chosen(self, name: str | None) -> Endpoint | None:
        """Where to go: to the one that is named, else to the current one; None: to the daemon of this host."""
        meant = name or self.current
        return self.find(meant).endpoint(meant) if meant else None

    def using(self, name: str | None) -> Contexts:
        """The same with this one as the current one; None: with none."""
        if name is not None:
            self.find(name)
        return replace(self, current=name)

    def having(self, name: str, context: Context) -> Contexts:
        """The same with one more, or with another one under its name."""
        return replace(self, named={**self.named, name: context})

    def without(self, name: str) -> Contexts:
        """The same without one."""
        self.find(name)
        left = {each: context for each, context in self.named.items() if each != name}
        return Contexts(left, None if self.current == name else self.current)


def endpoint_of(where: Where) -> Endpoint:
    """The daemon that is meant: the one that was named, else that of the current context, else that of this host.

    Raises `WrongContext`, `Unreachable` or `TokenRefused`.
    """
    elsewhere = where.url or where.state
    if where.context and elsewhere:
        allowed = "without --url and --state (BACKFILL_URL, BACKFILL_STATE), which name a daemon too"
        raise WrongContext([Fault("context", where.context, allowed)])
    found = None if elsewhere else read_contexts().chosen(where.context)
    if found is None:
        return find_endpoint(where)
    return replace(found, token=where.token or found.token)


def read_contexts() -> Contexts:
    """The user's; raises `WrongContext` for a file that cannot be understood."""
    file = contexts_file(os.environ)
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        named = {name: _context(each) for name, each in said.get("contexts", {}).items()}
        found = Contexts(named)
        return found.using(said["current"]) if "current" in said else found
    except FileNotFoundError:
        return Contexts({})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        allowed = f"a TOML file with [contexts.NAME] tables of url, token_file and certificate: {error!r}"
        raise WrongContext([Fault("contexts", str(file), allowed)]) from None


def write_contexts(contexts: Contexts) -> None:
    """Replace the file as a whole, for this user's eyes alone; raises `WrongContext` where that cannot be."""
    # a library that only this way needs
    import tomli_w

    file = contexts_file(os.environ)
    said: dict[str, Any] = {} if contexts.current is None else {"current": contexts.current}
    said["contexts"] = {name: _said(each) for name, each in contexts.named.items()}
    part = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.touch(0o600)
        part.write_text(tomli_w.dumps(said), encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise WrongContext([Fault("contexts", str(file), f"a file that can be written ({error.strerror})")]) from None


def _context(said: Mapping[str, Any]) -> Context:
    if strange := said.keys() - set(KEYS):
        raise KeyError(f"unknown: {', '.join(sorted(strange))}")
    certificate = Path(said["certificate"]) if "certificate" in said else None
    return Context(str(said["url"]), Path(said["token_file"]), certificate)


def _said(context: Context) -> dict[str, str]:
    told = {"url": context.url, "token_file": str(context.token_file)}
    return told | ({"certificate": str(context.certificate)} if context.certificate else {})
