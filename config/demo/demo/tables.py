"""Tables as CSV files that are there whole or not at all; a null is an empty field."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from demo.job import BadInput

Row = Mapping[str, str]


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table; none for an empty file. Raises `BadInput` where there is no file."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise BadInput(f"{path} is missing: run the task that writes it first") from None


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Put a table with a header at `path`; None becomes a null."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    put(path, text.getvalue())


def put(path: Path, text: str) -> None:
    """Put `text` at `path` by a rename, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
