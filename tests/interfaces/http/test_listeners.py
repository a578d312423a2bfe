"""Who may follow how much at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from backfilld.interfaces.http.listeners import Listeners, TooManyStreams
from backfilld.interfaces.http.rates import RateLimits
from backfilld.service.access import ITSELF, LOCAL, Caller

CALLERS = st.builds(
    lambda token, address: replace(ITSELF, token=token, address=address),
    st.sampled_from([None, "a", "b"]),
    st.sampled_from(["10.0.0.1", "10.0.0.2"]),
)
LIMITS = RateLimits(token_streams=4, address_streams=6)


def counted(here: list[tuple[Caller, int]]) -> tuple[Counter[str], Counter[str]]:
    """What is followed by token and by address."""
    tokens, addresses = Counter[str](), Counter[str]()
    for caller, many in here:
        tokens[caller.token or LOCAL] += many
        addresses[caller.address] += many
    return tokens, addresses


@given(st.lists(st.tuples(CALLERS, st.integers(1, 5), st.booleans())))
def test_everybody_has_room_up_to_the_limits(story: list[tuple[Caller, int, bool]]) -> None:
    """Whoever comes is let in exactly if neither limit is passed then; who has left, or was refused, counts nothing."""
    listeners, here = Listeners(LIMITS), list[tuple[Caller, int]]()
    for caller, many, leaves in story:
        if leaves and here:
            listeners.go(*here.pop(0))
        tokens, addresses = counted([*here, (caller, many)])
        fits = max(tokens.values()) <= LIMITS.token_streams and max(addresses.values()) <= LIMITS.address_streams
        try:
            listeners.come(caller, many)
        except TooManyStreams:
            assert not fits
        else:
            assert fits
            here.append((caller, many))
