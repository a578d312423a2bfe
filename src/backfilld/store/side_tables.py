"""The rows beside the work: what callers asked and said, who they are, and who was told of what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from backfilld.store import fields


class IdempotencyRow(SQLModel, table=True):
    """A caller's key, the operations that were accepted under it, separated by spaces, and what was answered."""

    __tablename__ = "idempotency"
    __table_args__ = (Index("ix_idempotency_used", "used_at"),)
    caller: str = fields.text(primary_key=True)
    key: str = fields.text(primary_key=True)
    digest: str = fields.text()
    used_at: datetime = fields.moment()
    operations: str = fields.text()
    status: int | None
    media_type: str | None = fields.text()
    location: str | None = fields.text()
    body: bytes | None


class ActRow(SQLModel, table=True):
    """An act on many runs or instances: what it is aimed at, and how far it is."""

    __tablename__ = "act"
    __table_args__ = (
        Index("ux_act_id", "id", unique=True),
        fields.still_open("ix_act_open", "number", "completed_at IS NULL"),
    )
    number: int = fields.key()
    id: str = fields.text()
    name: str = fields.text()
    by: str = fields.text()
    asked: str = fields.text()
    of: str = fields.text()
    project_id: int | None = fields.big()
    targets: bytes
    total: int = fields.big()
    accepted_at: datetime = fields.moment()
    decided: int | None = fields.big()
    completed_at: datetime | None = fields.moment()
    error: str | None = fields.text()
    accepted: int = fields.big()
    rejected: int = fields.big()
    no_change: int = fields.big()
    later: int = fields.big()
    refusals: str = fields.text()
    token_id: str | None = fields.text()


class AuditRow(SQLModel, table=True):
    """An act, or a change of a backfill or its runs; each row's hash is over it and the hash before it.

    Only `backfill_id` is beyond the hash: it repeats what `about` says, to find rows by.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_backfill", "backfill_id", "id"),)
    id: int = fields.key()
    at: datetime = fields.moment()
    by: str = fields.text()
    what: str = fields.text()
    about: str = fields.text()
    counts: str = fields.text()
    previous: str = fields.text()
    hash: str = fields.text()
    backfill_id: int | None = fields.big()


class ScheduleRow(SQLModel, table=True):
    """A schedule that was ever seen; `times` are those by which it is decided up to now, none while it is missing."""

    __tablename__ = "schedule"
    name: str = fields.text(primary_key=True)
    times: str | None = fields.text()
    known_since: datetime = fields.moment()
    decided_until: datetime = fields.moment()
    paused_at: datetime | None = fields.moment()


class FiringRow(SQLModel, table=True):
    """What became of a schedule at a moment. The primary key is the guard that it fires once."""

    __tablename__ = "firing"
    schedule: str = fields.text(primary_key=True)
    moment: datetime = fields.moment(primary_key=True)
    by: str | None = fields.text()
    at: datetime = fields.moment()
    operation_id: str | None = fields.text()
    backfill_id: int | None = fields.big()
    refusal: str | None = fields.text()


class TokenRow(SQLModel, table=True):
    """A token that was ever given out; `digest` is of its secret, which is kept only where callers sign with it."""

    __tablename__ = "token"
    __table_args__ = (Index("ux_token_id", "id", unique=True),)
    number: int = fields.key()
    id: str = fields.text()
    name: str = fields.text()
    kind: str = fields.text()
    scope: str = fields.text()
    projects: str | None = fields.text()
    digest: bytes
    sealed: bytes | None
    created_at: datetime = fields.moment()
    created_by: str = fields.text()
    expires_at: datetime | None = fields.moment()
    used_at: datetime | None = fields.moment()
    revoked_at: datetime | None = fields.moment()


class AnnotationRow(SQLModel, table=True):
    """What a vendor's clients have said of an object; `value` is JSON."""

    __tablename__ = "annotation"
    vendor: str = fields.text(primary_key=True)
    object: str = fields.text(primary_key=True)
    id: str = fields.text(primary_key=True)
    key: str = fields.text(primary_key=True)
    value: str = fields.text()
    at: datetime = fields.moment()


class AlertRow(SQLModel, table=True):
    """A message to one channel; of all but endings a backfill has one a channel for its whole life."""

    __tablename__ = "alert"
    __table_args__ = (
        fields.once("ux_alert_once", "event <> 'ended'"),
        Index("ix_alert_backfill", "backfill_id", "id"),
        fields.still_open("ix_alert_waiting", "next_try", "settled_at IS NULL"),
    )
    id: int = fields.key()
    backfill_id: int = fields.big()
    event: str = fields.text()
    channel: str = fields.text()
    title: str = fields.text()
    body: str = fields.text()
    state: str = fields.text()
    created_at: datetime = fields.moment()
    tries: int
    next_try: datetime | None = fields.moment()
    settled_at: datetime | None = fields.moment()
    error: str = fields.text()
