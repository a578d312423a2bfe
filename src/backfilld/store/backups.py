"""A copy of an SQLite store, made while it is used, and put back in the place of another.

What is put back has forgotten what happened since: it says so once, and its epoch jumps past every one that there was.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url, update

from backfilld.errors import Fault, InvalidSettings, ProductError
from backfilld.store import audit, tables
from backfilld.store.database import Database, locked
from backfilld.store.migrate import is_known, migrate

EPOCHS = 1_000_000
"""More starts than any daemon has between a backup and its restoration: hosts refuse an epoch that is over."""
BESIDE = ("", "-wal", "-shm")
"""The files of a database."""


class BackupUnfit(ProductError):
    """A file that is no backup of a store, or cannot be used as one here."""

    code = "backup_unfit"


def file_of(url: str) -> Path:
    """The file of an SQLite store; any other has tools of its own: `InvalidSettings`."""
    found = make_url(url)
    if found.get_backend_name() == "sqlite" and found.database:
        return Path(found.database)
    shown = found.render_as_string(hide_password=True)
    allowed = "an SQLite store; for PostgreSQL use pg_dump --format=custom and pg_restore"
    raise InvalidSettings([Fault("database", shown, allowed)])


def backup(database: Path, target: Path, *, force: bool = False) -> int:
    """Copy the store as it is at one moment, while a daemon writes on; answers the bytes of the copy.

    The target is whole or not there, and never written over unless forced; raises `BackupUnfit`.
    """
    if not database.is_file():
        raise BackupUnfit(f"there is no store at {database}")
    if target.exists() and not force:
        raise BackupUnfit(f"{target} is there already; --force replaces it")
    with _draft(target) as draft:
        with closing(_read_only(database)) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)  # in one step: of one moment, and nobody waits for it
            copy.execute("PRAGMA journal_mode = DELETE")
        _check(draft)
        _sync(draft)
        draft.replace(target)
    _sync(target.parent)
    return target.stat().st_size


def restore(source: Path, database: Path, now: datetime, *, force: bool = False) -> Path | None:
    """Put a backup in the place of the store, of which nothing is lost; answers where it is kept.

    Raises `StoreConflict` while a daemon runs, and `BackupUnfit` for a file that is damaged, of a newer program, or
    when there is a store and `force` does not say that it may be put aside.
    """
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with closing(locked(Path(f"{database}.lock"))):
        if database.exists() and not force:
            raise BackupUnfit(f"there is a store at {database}; --force puts it aside")
        with _draft(database) as draft:
            _copy(source, draft)
            _check(draft)
            _mark(draft, now)
            _sync(draft)
            kept = _put_aside(database)
            draft.replace(database)
        _sync(database.parent)
    return kept


def _mark(draft: Path, now: datetime) -> None:
    """Bring it to the form of this program, and have it say that it was restored."""
    lease = tables.lease
    with closing(Database(f"sqlite:///{draft}")) as store, store.writing() as connection:
        migrate(connection)
        connection.execute(update(lease).values(epoch=lease.c.epoch + EPOCHS, restored_at=now))
        audit.append(connection, [audit.entry(audit.ITSELF, "restored", {})], now)


def _check(file: Path) -> None:
    """Raises `BackupUnfit` unless the file is a whole store that this program knows."""
    try:
        with closing(_read_only(file)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("none",)
            connection.execute("SELECT epoch FROM lease").fetchone()
    except sqlite3.Error as error:
        raise BackupUnfit(f"that is no store: {error}") from None
    if found != "ok":
        raise BackupUnfit(f"the store is damaged: {found}")
    if not is_known(revision):
        raise BackupUnfit(f"a newer program has made this store (revision {revision})")


def _copy(source: Path, draft: Path) -> None:
    try:
        shutil.copyfile(source, draft)
    except OSError as error:
        raise BackupUnfit(f"{source} cannot be read: {error.strerror}") from None


def _put_aside(database: Path) -> Path | None:
    """The files of the store under another name, in place of what was put aside before."""
    kept = database.with_name(f"{database.name}.before-restore")
    there = database.exists()
    for end in BESIDE:
        Path(f"{kept}{end}").unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            Path(f"{database}{end}").rename(f"{kept}{end}")
    return kept if there else None


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """A file beside the target, for its owner alone, on disk when the block is done with it; none is left behind."""
    draft = target.with_name(f"{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        yield draft
    except (OSError, sqlite3.Error) as error:
        raise BackupUnfit(f"{target} cannot be written: {error}") from None
    finally:
        for end in (*BESIDE, "-journal", ".lock"):
            Path(f"{draft}{end}").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
