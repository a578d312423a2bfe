"""The page about the API says what the daemon does: its routes, scopes, commands, figures and files."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest
from interfaces.http.test_scopes import built
from test_readme import options_of

from backfilld.interfaces.http.bodies import LARGEST_BODY
from backfilld.interfaces.http.queries import LARGEST_PAGE
from backfilld.interfaces.http.rates import RateLimits
from backfilld.ports import KEYS_KEPT
from backfilld.request.filters import RunCriteria
from backfilld.service.access import Scope

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ASKED = re.compile(r"(BACKFILL_|backfill )(--context )?[a-zA-Z]")
"""A command of the client."""
ROUTES = {re.sub(r"\{\w+\}", "{}", path) for _, path in built()}


def quoted() -> list[str]:
    """What the page has between backticks, and its blocks."""
    return re.findall(r"^```\w*\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) + re.findall(r"`([^`\n]+)`", PAGE)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"/v1/[\w/{}$]+", PAGE))))
def test_every_route_that_is_named_is_there(path: str) -> None:
    """With an id, a name or a variable where the route has one."""
    assert re.sub(r"\$?\{\w+\}|\$\w+|\b\d+\b", "{}", path).rstrip("/") in ROUTES


def test_the_scopes_are_all_of_them() -> None:
    """In the order in which each holds those before it."""
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [scope.word for scope in sorted(Scope)]


@pytest.mark.parametrize("command", sorted({each for each in quoted() if ASKED.match(each)}))
def test_every_command_takes_its_options(command: str) -> None:
    """Options of each line are in the help of its command."""
    for line in command.splitlines():
        words = [each for each in shlex.split(line.partition("  #")[0]) if "=" not in each or each.startswith("--")]
        if "--context" in words:
            words = words[:1] + words[3:]  # stands before the command
        assert {each for each in words if each.startswith("--")} <= options_of(*words[1:3])


def test_figures_are_those_of_the_program() -> None:
    """How long keys are kept, how much a body and a page may have, and the words of a filter."""
    assert timedelta(days=2) == KEYS_KEPT
    assert "kept for two days" in PAGE
    assert f"at most {LARGEST_BODY // 2**20} MB" in PAGE
    assert f"pages {LARGEST_PAGE:,} items" in PAGE
    limits = RateLimits()
    assert f"{limits.token_streams} streams and logs at once with one token, or {limits.address_streams} from" in PAGE
    (words,) = re.findall(r"The words of a filter are `([^`]+)`", PAGE)
    schema = str(RunCriteria.model_json_schema())
    assert all(f"'{word}'" in schema for word in words.split())


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\]\(([^)#]+)\)", PAGE))))
def test_files_that_are_named_are_there(name: str) -> None:
    """Every link leads to something."""
    assert (ROOT / "docs" / name).exists()
