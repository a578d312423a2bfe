"""How many examples the property tests try: `HYPOTHESIS_PROFILE=long` for a thorough round."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", max_examples=45, **CALM)
settings.register_profile("long", max_examples=3_000, **CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record` writes recorded histories anew (see engine/test_histories.py)."""
    parser.addoption("--record", action="store_true", help="write down what the engine tells in recorded histories")
