"""`backfill schema`: what an editor needs to help with a file."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import print_json


class Kind(StrEnum):
    """The files that have one."""

    REQUEST = "request"
    CATALOG = "catalog"
    SCHEDULE = "schedule"


def schema(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="request, catalog or schedule.")], as_json: Json = False
) -> None:
    """Print the JSON Schema of a request, a catalog or a schedule, for editors; with --json on one line.

    A file names it in its first line: `# yaml-language-server: $schema=request.json`.
    """
    found = schema_of(kind)
    if as_json:
        return print_json(found)
    return typer.echo(json.dumps(found, indent=2))


def schema_of(kind: Kind) -> dict[str, Any]:
    """The schema of a kind of files."""
    # heavy imports that only this way needs
    from backfilld.interfaces.schemas.catalog import catalog_schema
    from backfilld.interfaces.schemas.requests import request_schema, schedule_schema

    made = {Kind.REQUEST: request_schema, Kind.CATALOG: catalog_schema, Kind.SCHEDULE: schedule_schema}
    return made[kind]()
