"""What the page thinks without a browser."""

from __future__ import annotations

import subprocess
from pathlib import Path

from web.node import node, run


def test_units_keep_their_rules(tmp_path: Path) -> None:
    """Every rule that `unit/*.test.ts` tells of the page's pure modules holds, under Node's own runner."""
    assert (
        run(
            "vite",
            "build",
            "--config",
            "units.config.ts",
            "--outDir",
            str(tmp_path),
            "--emptyOutDir",
            "--logLevel",
            "warn",
        )
        == 0
    )
    made = sorted(tmp_path.glob("*.test.js"))
    assert {each.stem for each in made} == {each.stem for each in (Path(__file__).parent / "unit").glob("*.test.ts")}
    ran = subprocess.run([*node(), "--test", *made], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
