"""Sessions of the page: a browser shows a token once, and is known by a sealed word from then on.

There is no token in that word: it names one, and when it is over. So whoever finds it out has it until then at the
longest, it is good for nothing as soon as its token is, and a daemon that was started anew knows it.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from backfilld.errors import Unsealable
from backfilld.ports import Sealer
from backfilld.service.access import Caller
from backfilld.service.tokens import Tokens

LASTS = timedelta(days=7)
_OWNER = "a session of the page"


@dataclass(frozen=True, slots=True)
class Session:
    """Who has begun it, the word that they are known by, and until when."""

    caller: Caller
    word: str
    ends_at: datetime


class Sessions:
    """Begun with a token, as good as that is. Nothing is kept here: words are sealed, not counted."""

    def __init__(self, tokens: Tokens, sealer: Callable[[], Sealer]) -> None:
        """`sealer` makes one for sessions alone, when the first is begun."""
        self._tokens, self._make = tokens, sealer

    def begin(self, shown: bytes, address: str) -> Session | None:
        """For who shows a native token; None where it is not good. Never waits."""
        caller = self._tokens.admitted(shown, address)
        if caller is None:
            return None
        ends_at = self._tokens.clock.now() + LASTS
        sealed = self._sealer.seal(f"{ends_at.isoformat()} {caller.token or ''}".encode(), _OWNER)
        return Session(caller, urlsafe_b64encode(sealed).decode(), ends_at)

    def caller(self, word: str, address: str) -> Caller | None:
        """Who is known by this word; None once it or its token is over. Never waits.

        Raises `Unsealable` for a word that no session of ours was given.
        """
        try:
            sealed = urlsafe_b64decode(word.encode())
        except ValueError:
            raise Unsealable("this is no session") from None
        ends_at, _, token = self._sealer.open(sealed, _OWNER).decode().partition(" ")
        if datetime.fromisoformat(ends_at) <= self._tokens.clock.now():
            return None
        return self._tokens.again(token or None, address)

    @cached_property
    def _sealer(self) -> Sealer:
        return self._make()
