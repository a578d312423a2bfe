"""Plans as pictures in files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from backfilld.errors import Fault, Faulty
from backfilld.interfaces.pictures.reading import View

STDOUT = Path("-")
PICTURES = "Pictures"
Plot = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=PICTURES, metavar="FILE", help="Draw the tasks and the calendar into this file, as SVG."
    ),
]
Dot = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=PICTURES,
        metavar="FILE|-",
        help="Write the tasks for Graphviz; `-` writes them to standard output, in place of the table.",
    ),
]


class NotWritten(Faulty):
    """A file could not be written; it is as it was."""

    code = "not_written"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures are asked for."""

    plot: Path | None
    dot: Path | None

    @property
    def on_stdout(self) -> bool:
        """Whether standard output is taken."""
        return self.dot == STDOUT

    def write(self, view: View) -> None:
        """Write them; `view` has its grid if a plot is asked for. Raises `NotWritten` with every fault."""
        if faults := list(self._faults(view)):
            raise NotWritten(faults)

    def _faults(self, view: View) -> Iterator[Fault]:
        # drawing is a heavy import that only pictures need
        from backfilld.interfaces.pictures.dot import plan_dot
        from backfilld.interfaces.pictures.page import plan_svg

        for option, file, drawn in (("--plot", self.plot, plan_svg), ("--dot", self.dot, plan_dot)):
            if file == STDOUT and option == "--dot":
                typer.echo(drawn(view), nl=False)
            elif file is not None:
                try:
                    write_whole(file, drawn(view))
                except OSError as error:
                    yield Fault(option, str(file), f"a file that can be written ({error.strerror})")


def write_whole(file: Path, text: str) -> None:
    """Write all of the text or leave the file as it was; what is no regular file (a pipe, a device) is written to."""
    target = Path(os.path.realpath(file))  # a link stays a link
    if target.exists() and not target.is_file():
        target.write_text(text, encoding="utf-8")
        return
    part = target.with_name(f".backfill-{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
