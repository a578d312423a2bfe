"""Who asks, and what they may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from backfilld.errors import ProductError
from backfilld.request.once import IdempotencyKey

LOCAL = "local"
"""Whoever can read the endpoint file of this host."""


class Scope(IntEnum):
    """What a token is good for; who holds one holds those below it too."""

    READ = 1
    """Look."""
    RUN = 2
    """Preview, submit, execute."""
    OPERATE = 3
    """Act on what is there, amend it, fire schedules."""
    ADMIN = 4
    """Tokens, the catalog's reload, everybody's audit."""

    @property
    def word(self) -> str:
        """As it is written outside."""
        return self.name.lower()


class Forbidden(ProductError):
    """The caller is known, and may not do this."""

    code = "forbidden"

    def __init__(self, needed: Scope, held: Scope) -> None:
        super().__init__(f"this needs a token with the scope {needed.word}; yours has {held.word}")
        self.needed, self.held = needed, held


class NotOfAll(ProductError):
    """The caller sees some projects only, and this is of all of them."""

    code = "forbidden"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} of all projects: this needs a token that is not limited to some")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose token was found good."""

    name: str
    """As the audit has it: the token's name and id."""
    scope: Scope
    projects: frozenset[int] | None
    """Ids of the projects that are there for them; None: all."""
    address: str
    """From where they ask."""
    token: str | None = None
    """The id of their token; None: the host's own."""
    once: IdempotencyKey | None = None
    """Their word for what they ask now, if they gave one: what is done under it is remembered with it."""

    def may(self, scope: Scope) -> bool:
        """Whether they hold this scope."""
        return self.scope >= scope

    def needs(self, scope: Scope) -> None:
        """Raise `Forbidden` unless they hold this scope."""
        if not self.may(scope):
            raise Forbidden(scope, self.scope)

    def sees(self, project: int) -> bool:
        """Whether objects of this project exist for them."""
        return self.projects is None or project in self.projects


ITSELF = Caller("backfilld", Scope.ADMIN, None, "")
"""The daemon, where nobody asks: a schedule has come to its time."""
