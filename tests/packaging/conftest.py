"""The build hook, as hatchling loads it: by its path."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def build_web() -> ModuleType:
    spec = spec_from_file_location("build_web", ROOT / "src/web/build_web.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["build_web"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
