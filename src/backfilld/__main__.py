"""The two programs of the package."""

from __future__ import annotations


def client() -> None:
    """`backfill`."""
    from backfilld.interfaces.cli.app import app

    app()


if __name__ == "__main__":
    client()
