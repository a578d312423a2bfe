"""What lists are found by: the project, the workflow and the owner of a backfill; what an audit's entry is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from backfilld.catalog.ids import hashed_id

revision = "0009"
down_revision = "0008"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 500
_backfill = sa.table(
    "backfill",
    *(sa.column(name) for name in ("id", "request", "catalog_version", "project_id", "workflow_id", "by", "schedule")),
)
_catalog = sa.table("catalog_version", sa.column("id"), sa.column("content"))
_audit = sa.table("audit", *(sa.column(name) for name in ("id", "about", "backfill_id")))
Names = Mapping[str, tuple[int, Mapping[str, int]]]
"""Of one catalog: projects by name and by the text of their id, each with its id and its workflows by name."""


def upgrade() -> None:
    """Old rows say in other words what these columns do."""
    op.add_column("backfill", sa.Column("project_id", KEY, server_default=sa.text("0"), nullable=False))
    op.add_column("backfill", sa.Column("workflow_id", KEY, nullable=True))
    op.add_column("backfill", sa.Column("by", sa.Text(), server_default=sa.text("'local'"), nullable=False))
    op.add_column("backfill", sa.Column("tags", sa.Text(), nullable=True))  # of old ones the request tells
    op.add_column("audit", sa.Column("backfill_id", KEY, nullable=True))
    connection = op.get_bind()
    _fill_backfills(connection)
    _fill_audit(connection)
    op.create_index("ix_backfill_project", "backfill", ["project_id", "id"])
    op.create_index("ix_operation_backfill", "operation", ["backfill_id"])
    op.create_index("ix_audit_backfill", "audit", ["backfill_id", "id"])


def _fill_backfills(connection: sa.Connection) -> None:
    catalogs = {version: _names(content) for version, content in connection.execute(sa.select(_catalog))}
    row = _backfill.c
    for found in list(connection.execute(sa.select(row.id, row.request, row.catalog_version))):
        project, workflow = _home(json.loads(found.request), catalogs[found.catalog_version])
        change = sa.update(_backfill).where(row.id == found.id)
        connection.execute(change.values(project_id=project, workflow_id=workflow))
    connection.execute(sa.update(_backfill).where(row.schedule.is_not(None)).values(by="backfilld"))


def _fill_audit(connection: sa.Connection) -> None:
    row, last = _audit.c, 0
    wanted = sa.select(row.id, row.about).order_by(row.id).limit(AT_ONCE)
    change = sa.update(_audit).where(row.id == sa.bindparam("entry")).values(backfill_id=sa.bindparam("backfill"))
    while part := list(connection.execute(wanted.where(row.id > last))):
        said = [{"entry": found.id, "backfill": json.loads(found.about).get("backfill")} for found in part]
        connection.execute(change, said)
        last = part[-1].id


def _names(content: str) -> Names:
    """Ids that a catalog leaves out are hashes of names."""
    try:
        return dict(pair for project in json.loads(content) if "project" in project for pair in _pairs(project))
    except ValueError:
        return {}  # no text of ours


def _pairs(project: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, Mapping[str, int]]]]:
    name = project["project"]
    number = project.get("id", hashed_id(name))
    flows = {
        each["workflow"]: each.get("id", hashed_id(name, each["workflow"])) for each in project.get("workflows", ())
    }
    for known in (name, str(number)):
        yield known, (number, flows)


def _home(request: Mapping[str, Any], names: Names) -> tuple[int, int | None]:
    """Project and workflow of a request, by name or by id; workflow 1, like none, means all."""
    project, flows = names.get(str(request.get("project_id", "")), (0, {}))
    workflow = str(request.get("workflow_id", 1))
    number = int(workflow) if workflow.isdigit() else flows.get(workflow)
    return project, None if number == 1 else number
