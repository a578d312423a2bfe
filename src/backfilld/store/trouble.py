"""What a database says when it fails: all of it to the log, and to callers what tells nothing of the host."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)
PLAIN = ("SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")
"""Errors whose text SQLite has ready; that of others may quote a statement, PostgreSQL's a host or a value too."""


def told(error: BaseException) -> str:
    """The trouble in words that are fit for everybody: no statement, value, host or path.

    >>> import sqlite3
    >>> told(sqlite3.ProgrammingError("Cannot operate on a closed database."))
    'ProgrammingError'
    """
    whole = getattr(error, "orig", None) or error
    name = getattr(whole, "sqlite_errorname", "")
    if name.startswith(PLAIN):
        return str(whole)
    log.warning("the database says: %s", whole)
    return name or type(whole).__name__
