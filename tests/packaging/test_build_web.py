"""When the page is built, from what, and what is left if that goes wrong; an npm of ours stands for the real one."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

NPM = """#!/bin/sh
echo "$1" >> "$LOG"
test "$1" != "$FAILS" || exit 1
case "$1" in
ci) mkdir -p node_modules; cp ../there.json node_modules/.package-lock.json ;;
run) mkdir -p "$5/assets"; for each in 1 2 3 4 5 6 7 8; do cat src/main.ts; done > "$5/assets/index-1a.js"
  touch "$5/index.html"; test -n "$BARE" || echo "MIT" > "$5/THIRD-PARTY.md" ;;
esac
"""
PACKAGES = {"node_modules/vite": {"version": "8.3.8"}, "node_modules/mac": {"version": "1", "optional": True}}


@dataclass(frozen=True)
class Yard:
    """Sources, where they are built, and what npm was asked for."""

    build_web: ModuleType
    folder: Path

    @property
    def web(self) -> Path:
        return self.folder / "web"

    @property
    def static(self) -> Path:
        return self.folder / "static"

    @property
    def page(self) -> Any:
        return self.build_web.Page(self.web, self.static)

    def asked(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().split() if log.exists() else []


@pytest.fixture
def yard(build_web: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yard:
    """A new Node with our npm comes first on PATH."""
    found = Yard(build_web, tmp_path)
    (found.web / "src").mkdir(parents=True)
    for name in (*build_web.INPUTS, "build_web.py"):
        (found.web / name).write_text(name)
    (found.web / "package-lock.json").write_text(json.dumps({"packages": {"": {}} | PACKAGES}))
    (tmp_path / "there.json").write_text(json.dumps({"packages": PACKAGES}))
    (found.web / "src/main.ts").write_text("let n = 1;\n" * 200)
    (tmp_path / "bin").mkdir()
    for name, text in {"node": "#!/bin/sh\necho v22.1.0\n", "npm": NPM}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    given = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin", "LOG": str(tmp_path / "log")}
    for name, value in {**given, "FAILS": "", "BARE": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(build_web.SKIP, raising=False)
    return found


def contents(folder: Path) -> Mapping[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_the_page_is_built_once_from_the_same_sources(yard: Yard) -> None:
    """What is fresh is left alone, whenever its files were written; packages that are there are not fetched again."""
    yard.page.build()
    first = contents(yard.static)
    assert yard.page.is_left_alone
    os.utime(yard.web / "src/main.ts", (0, 0))
    yard.page.build()
    assert yard.asked() == ["ci", "run"]
    (yard.web / "src/main.ts").write_text("let n = 2;\n" * 200)
    assert not yard.page.is_left_alone
    yard.page.build()
    assert yard.asked() == ["ci", "run", "run"]
    assert contents(yard.static) != first


def test_what_is_worth_it_is_compressed(yard: Yard) -> None:
    """Beside itself, as the same bytes each time."""
    yard.page.build()
    built = contents(yard.static)
    assert gzip.decompress(built["assets/index-1a.js.gz"]) == built["assets/index-1a.js"]
    assert {name for name in built if name.endswith(".gz")} == {"assets/index-1a.js.gz"}
    (yard.static / yard.build_web.STAMP).unlink()
    yard.page.build()
    assert contents(yard.static) == built


@pytest.mark.parametrize(("name", "value"), [("FAILS", "ci"), ("FAILS", "run"), ("BARE", "1")])
def test_a_build_that_fails_leaves_the_old_page(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """It says what to do; nor is a page ever built without the licences of what is in it."""
    yard.page.build()
    before = contents(yard.static)
    (yard.web / "package-lock.json").write_text(json.dumps({"packages": PACKAGES | {"node_modules/new": {}}}))
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=r"BACKFILLD_SKIP_WEB=1|THIRD-PARTY\.md"):
        yard.page.build()
    assert contents(yard.static) == before
    assert not yard.page.is_left_alone


def test_of_several_that_build_at_once_one_does(yard: Yard) -> None:
    """One checkout may be installed into several environments."""
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: yard.page.build(), range(4)))
    assert yard.asked() == ["ci", "run"]


def test_the_page_can_be_left_out(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a variable, for who needs the API alone and has no way to an npm registry."""
    monkeypatch.setenv(yard.build_web.SKIP, "1")
    assert yard.page.is_left_alone


@pytest.mark.parametrize(
    ("there", "enough"),
    [
        (PACKAGES, True),
        ({name: said for name, said in PACKAGES.items() if name != "node_modules/mac"}, True),
        ({name: said for name, said in PACKAGES.items() if name != "node_modules/vite"}, False),
        (PACKAGES | {"node_modules/vite": {"version": "7"}}, False),
        (PACKAGES | {"node_modules/other": {"version": "1"}}, False),
    ],
)
def test_which_packages_are_enough(yard: Yard, there: object, enough: bool) -> None:
    """Those of the lock file, but for what it says may be missing: others, older or fewer are fetched anew."""
    assert not yard.build_web.is_installed(yard.web)
    (yard.web / "node_modules").mkdir()
    (yard.web / "node_modules/.package-lock.json").write_text(json.dumps({"packages": there}))
    assert yard.build_web.is_installed(yard.web) is enough


@pytest.mark.parametrize(
    ("version", "good"), [("v20.19.0", True), ("v24.1.0", True), ("v20.18.9", False), ("v18.20.4", False), ("", False)]
)
def test_an_old_node_is_none(yard: Yard, version: str, good: bool) -> None:
    """The first on PATH that is new enough and has npm beside it; where there is none, pip is asked for one."""
    (yard.folder / "bin/node").write_text(f"#!/bin/sh\necho {version}\n")
    os.environ["PATH"] = str(yard.folder / "bin")
    assert (yard.build_web.node_folder() == yard.folder / "bin") is good
    (yard.folder / "bin/npm").unlink()
    assert yard.build_web.node_folder() is None
