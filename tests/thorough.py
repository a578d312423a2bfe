"""How thorough a round is: `--long` for all of it; and the table of what was judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

Judged = Callable[[int, str], None]
Rounds = Callable[[int, int], int]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: what takes minutes, root or a tool; only with --long")


def is_long(config: pytest.Config) -> bool:
    return bool(config.getoption("long", default=False))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `--long` what is long is not collected."""
    if is_long(config):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """Chooses between the number of the short round and that of the long one."""
    return lambda short, long: long if is_long(request.config) else short


@pytest.fixture
def judged(request: pytest.FixtureRequest) -> Judged:
    """Notes for the table how many rounds there were, and what was looked at."""
    return lambda number, what: request.node.user_properties.append(("judged", [number, what]))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Each test of a long round: rounds, what was judged, verdict."""
    if not is_long(config):
        return
    terminalreporter.section("judged")
    for word, verdict in (("passed", "held"), ("failed", "BROKEN"), ("error", "BROKEN")):
        for line in lines_of(terminalreporter.stats.get(word, ()), verdict):
            terminalreporter.write_line(line)


def lines_of(reports: Iterable[Any], verdict: str) -> Iterable[str]:
    for report in reports:
        rounds, what = dict(report.user_properties).get("judged", (1, ""))
        name = report.nodeid.rpartition("/")[2].removeprefix("test_").replace(".py::test_", ": ").replace("_", " ")
        yield f"{verdict:6} {rounds:6d} x {report.duration:6.0f} s  {name}" + (f" ({what})" if what else "")
