"""The build hook, as hatchling loads it: by its path."""

from __future__ import annotations

from types import ModuleType

import pytest

from web import node


@pytest.fixture(scope="session")
def build_web() -> ModuleType:
    return node.build_web()
