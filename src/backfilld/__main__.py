"""The two programs of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backfilld.interfaces.cli.importing import importing

if TYPE_CHECKING:
    from backfilld.config.runner_settings import RunnerSettings
    from backfilld.config.settings import Settings


def client() -> None:
    """`backfill`."""
    with importing():
        from backfilld.interfaces.cli.app import app

    app()


def daemon() -> None:
    """`backfilld`."""
    with importing():
        from backfilld.interfaces.cli.daemon import daemon_app

    daemon_app(_run, _run_runner)()


def _run(settings: Settings) -> int:
    with importing():
        from backfilld.daemon.main import run

    return run(settings)


def _run_runner(settings: RunnerSettings) -> int:
    with importing():
        from backfilld.daemon.runner import run_runner

    return run_runner(settings)


if __name__ == "__main__":
    daemon()
