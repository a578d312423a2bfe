"""Stored secrets can be read with their key and for their owner, and otherwise not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.errors import Unsealable
from backfilld.store.sealing import AesSealer, key_from

KEY = bytes(range(32))


@given(st.binary(max_size=100), st.text(max_size=20))
def test_what_is_sealed_is_read_again(secret: bytes, owner: str) -> None:
    """Another sealer with the same key opens it, and sees no two alike."""
    sealed = AesSealer(KEY).seal(secret, owner)
    assert AesSealer(KEY).open(sealed, owner) == secret
    assert sealed != AesSealer(KEY).seal(secret, owner)


@given(st.binary(min_size=8, max_size=40), st.data())
def test_what_was_touched_is_not_read(secret: bytes, data: st.DataObject) -> None:
    """One bit changed anywhere, another owner, another key, or a part of it: none is taken for the secret."""
    sealed = AesSealer(KEY).seal(secret, "a")
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    for key, found, owner in [(KEY, bytes(changed), "a"), (KEY, sealed, "b"), (KEY[::-1], sealed, "a")]:
        with pytest.raises(Unsealable):
            AesSealer(key).open(found, owner)
    with pytest.raises(Unsealable):
        AesSealer(KEY).open(sealed[:place], "a")


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_key_is_for_one_purpose(secret: str, one: str, other: str) -> None:
    """The same each time from the same secret; what is sealed for one purpose is not read for another."""
    sealed = AesSealer(key_from(secret, one)).seal(b"x", "a")
    assert AesSealer(key_from(secret, one)).open(sealed, "a") == b"x"
    if one != other:
        with pytest.raises(Unsealable):
            AesSealer(key_from(secret, other)).open(sealed, "a")
