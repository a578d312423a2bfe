"""The tables. The classes of their rows name columns inside this room and never leave it."""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from backfilld.store.side_tables import (
    ActRow,
    AlertRow,
    AnnotationRow,
    AuditRow,
    FiringRow,
    IdempotencyRow,
    ScheduleRow,
    TokenRow,
)
from backfilld.store.work_tables import (
    AmendmentRow,
    AttemptRow,
    BackfillRow,
    CatalogVersionRow,
    DurationRow,
    LeaseRow,
    LedgerRow,
    OperationRow,
    RunRow,
    RunStatesRow,
    TaskInstanceRow,
)


def table(row: type[SQLModel]) -> Table:
    """The table behind a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


metadata = SQLModel.metadata
lease = table(LeaseRow)
catalog_version = table(CatalogVersionRow)
backfill = table(BackfillRow)
amendment = table(AmendmentRow)
operation = table(OperationRow)
idempotency = table(IdempotencyRow)
act = table(ActRow)
run = table(RunRow)
run_states = table(RunStatesRow)
task_instance = table(TaskInstanceRow)
attempt = table(AttemptRow)
ledger = table(LedgerRow)
duration = table(DurationRow)
audit = table(AuditRow)
alert = table(AlertRow)
schedule = table(ScheduleRow)
firing = table(FiringRow)
token = table(TokenRow)
annotation = table(AnnotationRow)
