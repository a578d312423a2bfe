"""Accounts of the settings, held against the catalog that is to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from backfilld.config.catalog import load_catalog
from backfilld.config.settings import Settings


def test_an_account_of_no_project_is_told_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The catalog runs all the same: its project may come with the next one."""
    (tmp_path / "p.yaml").write_text("project: p\ntimezone: UTC\nworkflows: []\n")
    accounts = {"p": "0" * 32, "q": "1" * 32}

    catalog = load_catalog(Settings(catalog_dir=tmp_path, cloudflare_accounts=accounts))

    assert [project.name for project in catalog.projects] == ["p"]
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("cloudflare_accounts.q: ")
