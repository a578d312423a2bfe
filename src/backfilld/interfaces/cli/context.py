"""`backfill context`: several daemons by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from backfilld.config.addresses import is_loopback, without_password
from backfilld.errors import Fault
from backfilld.interfaces.cli.completing import context_names
from backfilld.interfaces.cli.contexts import Context, Contexts, WrongContext, read_contexts, write_contexts
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import complain, console, faults_reported, print_json

THIS_HOST = "-"
"""Stands for no context: the daemon of this host."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")

contexts = typer.Typer(no_args_is_help=True, help="Several daemons: where each is, and which one is meant.")


Name = Annotated[str, typer.Argument(metavar="NAME", help="The context's name.", autocompletion=context_names)]
Url = Annotated[str, typer.Option(help="The daemon's address, such as https://backfill.example.org:8732.")]
TokenFile = Annotated[Path, typer.Option(help="A file with the token; it stays where it is, and is read at each call.")]
Certificate = Annotated[
    Path | None, typer.Option(help="The daemon's certificate, in PEM, where no authority vouches for it.")
]


@contexts.command("list")
def list_contexts(as_json: Json = False) -> None:
    """List contexts; the one that is meant where none is named has a star."""
    with faults_reported():
        found = read_contexts()
    rows = [
        {
            "name": name,
            "current": name == found.current,
            "url": without_password(each.url),
            "token_file": str(each.token_file),
        }
        for name, each in sorted(found.named.items())
    ]
    if as_json:
        return print_json(rows)
    if not rows:
        return console().print("no contexts: the daemon of this host is meant; see: backfill context add --help")
    for row in rows:
        star = "*" if row["current"] else " "
        console().print(one_line(f"{star} {row['name']}  {row['url']}  (token in {row['token_file']})"))
    return None


@contexts.command()
def use(
    name: Annotated[str, typer.Argument(metavar="NAME|-", help="Its name; - for none.", autocompletion=context_names)],
    as_json: Json = False,
) -> None:
    """Mean this daemon from now on where none is named; `-` means the one of this host again."""
    with faults_reported():
        _keep(read_contexts().using(None if name == THIS_HOST else name), as_json=as_json)


@contexts.command()
def add(name: Name, url: Url, token_file: TokenFile, certificate: Certificate = None, as_json: Json = False) -> None:
    """Remember a daemon, or say anew where one is. The first one is meant from now on."""
    with faults_reported():
        _judge(name, url)
        known, context = read_contexts(), Context(url, token_file.absolute(), certificate and certificate.absolute())
        context.endpoint(name)
        found = known.having(name, context)
        _keep(found if known.named else found.using(name), as_json=as_json)


@contexts.command()
def remove(name: Name, as_json: Json = False) -> None:
    """Forget a daemon; the file with its token stays."""
    with faults_reported():
        _keep(read_contexts().without(name), as_json=as_json)


def _judge(name: str, url: str) -> None:
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(Fault("NAME", name, "letters, digits, `_`, `.` and `-`, at most 64"))
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        good = good and parts.username is None and parts.password is None  # the token is in its file
    except ValueError:
        good = False
    if not good:
        faults.append(Fault("--url", without_password(url), "an address such as https://backfill.example.org:8732"))
    if faults:
        raise WrongContext(faults)
    if parts.scheme == "http" and not _is_here(parts.hostname or ""):
        complain(f"{url} is on another host and not https: the token goes there for all to read")


def _is_here(host: str) -> bool:
    try:
        return is_loopback(host)
    except ValueError:
        return False


def _keep(found: Contexts, *, as_json: bool) -> None:
    write_contexts(found)
    if as_json:
        return print_json({"current": found.current, "contexts": sorted(found.named)})
    url = without_password(found.find(found.current).url) if found.current else ""
    meant = f"context {found.current} ({url})" if found.current else "the one of this host"
    return console().print(one_line(f"the daemon that is meant from now on: {meant}"))
