"""The page about vendors' clients is held by the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parent.parent / "docs" / "vendors.md").read_text()
TESTS = Path(__file__).parent / "interfaces" / "vendors"


def test_every_test_that_is_named_is_there() -> None:
    """By its name, or by that of its file."""
    files = list(TESTS.rglob("test_*.py"))
    known = {file.stem for file in files} | {
        name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 50
    assert named - known == set()


def test_each_door_has_its_section() -> None:
    """A section for each vendor: how its client gets in, and what is asked, with the test that shows it."""
    sections = re.split(r"^## ", PAGE, flags=re.M)[1:]
    assert [each.partition("\n")[0] for each in sections] == ["DataWorks", "Cloudflare", "Prefect", "Datadog"]
    for each in sections:
        assert "backfill token create" in each
        assert "| test |" in each
