"""The client and the real daemon, both as processes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from interfaces.cli.running import CLIENT, client, environment, piped

CATALOG = """
project: shop
timezone: UTC
defaults: {{retries: 0}}
workflows:
  - workflow: daily
    tasks:
      - task: load/orders
        command: echo "loading $bizdate"; test -e {mended} || test "$bizdate" != 20240102 || (echo no table; exit 3)
      - task: hours
        cron: "0 */6 * * *"
        command: echo "hour $cyctime"
        depends_on: [load/orders]
      - task: gate
        command: until test -e {mended}; do sleep 0.05; done
"""
REQUEST = """
name: {name}
project_id: shop
type: SupplementData
periods:
  biz_dates: [{{start_biz_date: 2024-01-01, end_biz_date: 2024-01-0{days}}}]
default_run_properties:
  mode: AllDownstream
  root_task_ids: [{root}]
  parallelism: 3
"""


class Shop:
    """A host with a catalog, a daemon that can be started and stopped, and requests."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state, self.mended = folder, folder / "state", folder / "mended"
        self.catalog = folder / "catalog"
        self.catalog.mkdir()
        (self.catalog / "shop.yaml").write_text(CATALOG.format(mended=self.mended))

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """Runs until SIGTERM; ready when it says where it is."""
        command = [Path(CLIENT).with_name("backfilld"), "--catalog", self.catalog, "--state", self.state, "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as process:
            assert process.stderr
            try:
                assert any("ready on" in line for line in process.stderr)
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=30)
        assert process.returncode == 0

    def request(self, name: str, days: int, root: str = "load/orders") -> Path:
        file = self.folder / f"{name}.yaml"
        file.write_text(REQUEST.format(name=name, days=days, root=root))
        return file


END = re.compile(r'{"code": "forecast_end".*?}|^info: .* \[forecast_end\]\n', re.MULTILINE)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_plan_is_the_same_on_both_ways(shop: Shop) -> None:
    """The daemon plans as the client does offline: one object, and one table; it alone adds when that would end."""
    file = shop.request("week", 3)
    offline = ("--catalog", str(shop.catalog))

    with shop.daemon():
        for options in (("--json", "--instances"), ()):
            asked, planned = (
                client("plan", file, *options, state=shop.state),
                client("plan", file, *options, *offline, state=shop.state),
            )
            assert (asked.returncode, asked.stderr) == (0, "")
            assert END.sub("", asked.stdout, count=1) == planned.stdout != asked.stdout


def test_settings_hold_offline_too(shop: Shop) -> None:
    """With --settings the limits, resource groups and catalog of the file apply, without a daemon."""
    settings = shop.folder / "settings.toml"
    settings.write_text(f'catalog_dir = "{shop.catalog}"\nlimits = {{parallelism = 2}}\n')
    file = shop.request("week", 3)

    planned = client("plan", file, "--settings", settings, state=shop.state)

    assert planned.returncode == 2
    assert planned.stderr.splitlines() == [
        f"{file}:10:3: default_run_properties.parallelism: given 3; allowed: an integer from 1 to 2"
    ]


def test_from_failure_to_success(shop: Shop) -> None:
    """A date fails and is said to; after the cause is mended a rerun of that date makes the backfill succeed."""
    with shop.daemon():
        failed = piped("submit", shop.request("week", 3), "--watch", "--json", "--patience", "10", state=shop.state)
        assert failed.returncode == 1
        seen = json.loads(failed.stdout)
        assert (seen["status"], seen["runs"]) == ("failed", {"succeeded": 2, "failed": 1})
        assert [each["log_tail"] for each in seen["failures"]] == ["loading 20240102\nno table"]

        shop.mended.touch()
        again = client("rerun", seen["id"], "--date", "2024-01-02", state=shop.state)
        assert (again.returncode, again.stderr) == (0, "")
        watched = piped("watch", seen["id"], "--patience", "10", state=shop.state)

        assert watched.returncode == 0
        assert watched.stdout.splitlines()[-1].startswith(f"backfill {seen['id']} week succeeded: 15 succeeded in ")
        assert client("logs", f"{seen['id']}/load/orders/2024-01-02", state=shop.state).stdout == "loading 20240102\n"
        first = client(
            "logs", f"{seen['id']}/load/orders/2024-01-02", "--attempt", "1", "--tail", "1", state=shop.state
        )
        assert first.stdout == "no table\n"
        nothing = {"items": [], "groups": [], "grouped": 0, "total": 0}
        assert json.loads(client("failures", seen["id"], "--json", state=shop.state).stdout) == nothing


def test_a_restart_is_survived(shop: Shop) -> None:
    """Whoever watches sees the backfill through, though the daemon is stopped and started on another port."""
    with shop.daemon():
        accepted = json.loads(client("submit", shop.request("long", 1, "gate"), "--json", state=shop.state).stdout)
        watching = subprocess.Popen(
            [CLIENT, "watch", str(accepted["id"])],
            env=environment(shop.state),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout
        assert "running" in watching.stdout.readline()
    with shop.daemon():
        shop.mended.touch()
        seen, _ = watching.communicate(timeout=60)

    assert watching.returncode == 0
    assert seen.splitlines()[-1].startswith("backfill 1 long succeeded: 1 succeeded in ")


def test_a_cancel_is_final(shop: Shop) -> None:
    """A cancelled backfill stops what runs and is no success to whoever watches it."""
    with shop.daemon():
        accepted = json.loads(client("submit", shop.request("long", 2, "gate"), "--json", state=shop.state).stdout)
        cancelled = client("cancel", accepted["id"], state=shop.state)
        watched = piped("watch", accepted["id"], "--json", state=shop.state)

    assert (cancelled.returncode, watched.returncode) == (0, 1)
    assert json.loads(watched.stdout)["status"] == "cancelled"


def test_why_not_yet(shop: Shop) -> None:
    """After a failure: what it blocks names it, by its address; failures of one error are one group."""
    with shop.daemon():
        piped("submit", shop.request("week", 3), "--watch", "--patience", "10", state=shop.state)
        blocked = client("explain", "1/hours/2024-01-02/06:00", state=shop.state)
        whole = client("explain", "1", state=shop.state)
        failed = client("failures", "1", state=shop.state)

    assert (blocked.returncode, blocked.stderr) == (0, "")
    assert blocked.stdout.startswith("hours of 2024-01-02, cycle 2024-01-03T06:00:00Z: blocked by load/orders of ")
    assert blocked.stdout.endswith(" UTC, exit code 3)\n")
    assert whole.stdout.splitlines() == [
        "backfill 1 week: failed",
        "  4  blocked by what failed, was lost or was cancelled upstream of it",
    ]
    heading, where, newest, *tail = failed.stdout.splitlines()
    assert (heading, where) == ("1 x no table", "  load/orders (1) on 2024-01-02")
    assert newest.startswith("failed: load/orders 2024-01-02, cycle ")
    assert tail == ["  | loading 20240102", "  | no table"]
