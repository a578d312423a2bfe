"""A connection without a network: what is written is kept, each piece apart."""

from __future__ import annotations

import asyncio
from typing import Any


class Wire(asyncio.Transport):
    """A transport whose other end is whoever looks into it."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.pauses = 0
        """How often it was told to read nothing more for now."""

    def write(self, data: Any) -> None:
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def pause_reading(self) -> None:
        self.pauses += 1

    def resume_reading(self) -> None:
        pass
