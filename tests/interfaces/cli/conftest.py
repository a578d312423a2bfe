"""A daemon that says what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from interfaces.cli.fake_daemon import FakeDaemon, fake_daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeDaemon]:
    state = tmp_path / "state"
    state.mkdir()
    with fake_daemon(state) as fake:
        yield fake


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    file = tmp_path / "request.yaml"
    file.write_text(
        "name: january\n"
        "project_id: nycflights\n"
        "type: SupplementData\n"
        "periods:\n"
        "  biz_dates: [{start_biz_date: 2013-01-01, end_biz_date: 2013-01-02}]\n"
        "default_run_properties:\n"
        "  root_task_ids: [extract]\n"
        "  parallelism: 4\n"
    )
    return file
