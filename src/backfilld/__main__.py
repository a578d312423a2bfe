"""The two programs of the package."""

from __future__ import annotations


def client() -> None:
    """`backfill`."""
    from backfilld.interfaces.cli.app import app

    app()


def daemon() -> None:
    """`backfilld`."""
    from backfilld.daemon.main import run
    from backfilld.interfaces.cli.daemon import daemon_app

    daemon_app(run)()


if __name__ == "__main__":
    daemon()
