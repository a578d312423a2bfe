"""`backfill token`: who else may talk to the daemon, and what they may."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table
from rich.text import Text

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import complain, console, print_json


def of_client(vendor: str) -> Any:
    """The option that makes a token for a vendor's client."""
    return typer.Option(f"--{vendor.lower()}", help=f"For {vendor}'s client: prints what to set in its environment.")


class Scope(StrEnum):
    """What a token is good for; each includes those above it."""

    READ = "read"
    RUN = "run"
    OPERATE = "operate"
    ADMIN = "admin"


Name = Annotated[str, typer.Option("--name", "-n", help="Whose it is, for the audit.")]
For = Annotated[
    Scope,
    typer.Option(
        "--scope", help="read: look. run: preview and submit too. operate: acts and amendments too. admin: everything."
    ),
]
Projects = Annotated[
    list[str] | None,
    typer.Option("--project", "-p", metavar="P", help="Only for this project, by id or name; may be repeated."),
]
Expires = Annotated[
    str | None, typer.Option(metavar="T", help="After how long (90d, 12h), or when (2031-01-31T00:00:00Z); else never.")
]

Count = Annotated[int, typer.Option("--limit", min=1, help="The newest so many.")]
TokenId = Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `backfill token list` shows it.")]

tokens = typer.Typer(no_args_is_help=True, help="Tokens: who else may talk to the daemon, and what they may.")


@tokens.command()
@with_daemon
def create(
    daemon: Daemon,
    name: Name,
    scope: For,
    project: Projects = None,
    expires: Expires = None,
    dataworks: Annotated[bool, of_client("DataWorks")] = False,
    cloudflare: Annotated[bool, of_client("Cloudflare")] = False,
    prefect: Annotated[bool, of_client("Prefect")] = False,
    datadog: Annotated[bool, of_client("Datadog")] = False,
    as_json: Json = False,
) -> None:
    """Create a token and print it: nobody can see it again. It is good at once."""
    asked: dict[str, object] = {"name": name, "scope": scope.value}
    asked |= _kind(dataworks=dataworks, cloudflare=cloudflare, prefect=prefect, datadog=datadog)
    asked |= {"projects": project} if project else {}
    asked |= {"expires": expires} if expires else {}
    made = daemon.post("/v1/tokens", asked)
    if as_json:
        return print_json(made)
    complain(one_line(f"{made['id']}: {_about(made)}; the token itself is shown only now"))
    if made["kind"] == "native":
        return console().print(made["token"], soft_wrap=True)
    for variable, value in made["credential"].items():
        console().print(Text(f"{variable}={value}"), soft_wrap=True)
    return None


@tokens.command("list")
@with_daemon
def list_tokens(daemon: Daemon, limit: Count = 50, as_json: Json = False) -> None:
    """List tokens, the newest first, with those that have expired or were revoked."""
    found = list(islice(daemon.items("/v1/tokens"), limit))
    if as_json:
        return print_json(found)
    if not found:
        return console().print("no tokens but that of this host: `backfill token create` makes one")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("id", "name", "kind", "scope", "projects", "created", "last used", "ends"):
        table.add_column(column, overflow="fold")
    for each in found:
        table.add_row(*(Text(one_line(cell)) for cell in _cells(each)))
    return console().print(table)


@tokens.command()
@with_daemon
def revoke(daemon: Daemon, number: TokenId, as_json: Json = False) -> None:
    """Make a token good for nothing, at once."""
    found = daemon.delete(f"/v1/tokens/{quote(number, safe='')}")
    if as_json:
        return print_json(found)
    return console().print(one_line(f"{found['id']} ({found['name']}) is revoked since {found['revoked_at']}"))


@tokens.command()
@with_daemon
def link(daemon: Daemon, as_json: Json = False) -> None:
    """Print a link that opens the page in a browser, logged in with the token that is used here.

    It stands behind the `#`, which browsers keep to themselves: neither a server nor a proxy ever logs it.
    """
    who, endpoint = daemon.get("/v1/whoami"), daemon.endpoint
    found = f"{endpoint.url.rstrip('/')}/login#token={quote(endpoint.token, safe='')}"
    if as_json:
        return print_json({"link": found})
    complain(one_line(f"whoever has this link is {who['name']}, and may {who['scope']} {_projects(who)}"))
    return console().print(Text(found), soft_wrap=True)


def _kind(**chosen: bool) -> dict[str, object]:
    """At whose door it will be shown."""
    kinds = [kind for kind, wanted in chosen.items() if wanted]
    if len(kinds) > 1:
        raise typer.BadParameter(f"a token is for one door, not for {' and '.join(kinds)}")
    return {"kind": kinds[0]} if kinds else {}


def _about(token: View) -> str:
    return f"{token['name']} may {token['scope']} {_projects(token)}, {_end(token)}"


def _cells(token: View) -> tuple[str, ...]:
    used = token["used_at"] or "never"
    said = token["id"], token["name"], token["kind"], token["scope"]
    return *said, _projects(token), token["created_at"], used, _end(token)


def _projects(token: View) -> str:
    projects = token["projects"]
    return "in all projects" if projects is None else f"in {', '.join(map(str, projects))}"


def _end(token: View) -> str:
    if token["revoked_at"]:
        return f"revoked {token['revoked_at']}"
    return f"until {token['expires_at']}" if token["expires_at"] else "for ever"
