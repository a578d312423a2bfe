"""Lives in which some things happen more often than usual, for faults that show in nothing else."""

from __future__ import annotations

from datetime import timedelta

from engine.keeper import Setting
from engine.trial import Trial

from backfilld.engine.asking import Order, Targets


class Strict(Trial):
    """Its operators stop whatever runs."""

    def step(self) -> None:
        if self.host.living and self.random.random() < 0.2:
            book = self.books.book(next(iter(self.host.living)))
            self.ask(book, Order.STOP, Targets(book.accepted.backfill))
        super().step()


class Fragile(Trial):
    """Its daemon dies at every turn."""

    def step(self) -> None:
        if self.random.random() < 0.15:
            self.crash()
        super().step()


class Harsh(Fragile, Strict):
    """Both."""


class Slow(Trial):
    """Its tasks take their time, and have to wait for each other."""

    settings = (Setting({"g1": 1, "g2": 1}, {}, timedelta(minutes=5)),)

    def step(self) -> None:
        if self.random.random() < 0.3:
            self.now += timedelta(minutes=2)
        super().step()
