"""Which daemon is meant, by all that was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from backfilld.interfaces.cli.endpoint import Where, token_in


def where_of(about: typer.Context, said: Mapping[str, Any]) -> Where:
    """By a command's options, which `said` has among others, and by the program's; raises `TokenRefused`."""
    file = said.get("token_file")
    token = said.get("token") if file is None else token_in(file)
    # a shell that completes a word has the program's options read, and does not call it
    named = said.get("context") or about.find_object(str) or about.find_root().params.get("context")
    return Where(said.get("url"), token, said.get("state"), named)
