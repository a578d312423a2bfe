"""Alembic's entry: the revisions run on the connection that the caller brings, in its transaction."""

from __future__ import annotations

from alembic import context

from backfilld.store.tables import metadata

if __name__ == "env_py":  # Alembic's name for it; whoever else imports this file has no migration to run
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    context.run_migrations()
