"""How many examples the property tests try: the same few each time, or new ones with `HYPOTHESIS_PROFILE=long`.

And how thorough the rooms are that have a long round (`thorough.py`), and where stores live (`store/homes.py`).
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, settings
from store.homes import empty_postgresql, empty_sqlite, first_rows, new_file, one_database, postgresql, server, sqlite
from thorough import judged, pytest_collection_modifyitems, pytest_configure, pytest_terminal_summary, rounds

__all__ = [
    "empty_postgresql",
    "empty_sqlite",
    "first_rows",
    "judged",
    "new_file",
    "one_database",
    "postgresql",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_terminal_summary",
    "rounds",
    "server",
    "sqlite",
]

CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", max_examples=45, derandomize=True, **CALM)
settings.register_profile("long", max_examples=3_000, **CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record` writes recorded histories anew (see engine/test_histories.py), `--long` is for faults and hostile."""
    parser.addoption("--record", action="store_true", help="write down what the engine tells in recorded histories")
    parser.addoption("--long", action="store_true", help="faults, hostile: all of them, with all their rounds")


def pytest_collection() -> None:
    """What is collected stays: nobody looks through it for garbage on the way."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Nor afterwards, in any test."""
    gc.freeze()
    gc.enable()
