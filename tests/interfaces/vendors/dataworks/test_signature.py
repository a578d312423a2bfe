"""Signatures are checked as DataWorks' clients make them, and nothing of a request can be changed under one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interfaces.vendors.dataworks.signing import signed_headers

from backfilld.interfaces.vendors.dataworks.refusals import Refusal
from backfilld.interfaces.vendors.dataworks.signature import (
    WINDOW,
    Message,
    canonical_request,
    check_time,
    legacy_text,
    signed,
)

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "signature_vectors.json").read_text())["vectors"]
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def message_of(vector: Mapping[str, Any]) -> Message:
    path, _, query = vector["target"].partition("?")
    headers = [(name.lower(), value) for name, value in vector["headers"].items()]
    return Message(vector["method"], path, query, headers, vector["body"].encode())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_every_vector_is_found_good(vector: dict[str, Any]) -> None:
    """Text, key, nonce and time of a recorded request are found, and its signature is that of its secret alone."""
    message = message_of(vector)
    found = signed(message)
    assert found.text == vector["string_to_sign"]
    assert (found.key, found.nonce) == (vector["access_key_id"], "0123456789abcdef0123456789abcdef")
    assert found.at == AT
    assert found.is_by(vector["access_key_secret"].encode())
    assert not found.is_by(b"another secret")
    if "canonical_request" in vector:
        names = dict(message.headers)["authorization"].split("SignedHeaders=")[1].split(",")[0]
        assert canonical_request(message, names) == vector["canonical_request"]
    else:
        assert legacy_text(message) == vector["string_to_sign"]


ANY = st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), st.text(max_size=20), max_size=4)


@given(query=ANY, form=ANY)
def test_whatever_is_sent_can_be_signed(query: dict[str, str], form: dict[str, str]) -> None:
    """Any text in query and form is signed as RFC 3986 has it, however it was encoded for sending."""
    query = {name: value for name, value in query.items() if name != "Signature"}
    body = urlencode(form).encode()
    headers = signed_headers("key", b"secret", "Any", "POST", urlencode(query), body, at=AT)
    found = signed(Message("POST", "/", urlencode(query), list(headers.items()), body))
    assert found.is_by(b"secret")


@pytest.mark.parametrize(
    ("part", "value"),
    [("method", "PUT"), ("path", "/x"), ("query", "OperationId=op2"), ("headers", "host"), ("headers", "x-acs-action")],
)
def test_nothing_can_be_changed_on_the_way(part: str, value: str) -> None:
    """Another method, path, query or header value is not what was signed."""
    message = message_of(VECTORS[0])
    if part == "headers":
        changed = replace(message, headers=[(n, "other" if n == value else v) for n, v in message.headers])
    else:
        changed = replace(message, **{part: value})
    assert not signed(changed).is_by(VECTORS[0]["access_key_secret"].encode())


def test_another_body_is_refused() -> None:
    """The digest in the header, which is signed, must be that of the body."""
    message = replace(message_of(VECTORS[1]), body=b"Ids=%5B1%5D")
    assert code_of(message) == "SignatureDoesNotMatch"
    digest = sha256(message.body).hexdigest()
    headers = [(n, digest if n == "x-acs-content-sha256" else v) for n, v in message.headers]
    assert not signed(replace(message, headers=headers)).is_by(VECTORS[1]["access_key_secret"].encode())


def code_of(message: Message) -> str:
    with pytest.raises(Refusal) as refused:
        signed(message)
    assert refused.value.status == 400
    return refused.value.code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", None),
        ("authorization", "Bearer abc"),
        ("authorization", "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=zz"),
        ("x-acs-date", "2026-01-02 03:04:05"),
        ("x-acs-date", "2026-13-02T03:04:05Z"),
        ("x-acs-date", None),
        ("x-acs-signature-nonce", None),
        ("x-acs-signature-nonce", "n" * 257),
        ("x-acs-added", "on the way"),
        ("accept", None),
    ],
)
def test_a_signature_that_is_not_whole(name: str, value: str | None) -> None:
    """What cannot be checked is refused, so is an `x-acs-` header that nobody has signed."""
    message = message_of(VECTORS[0])
    others = [(each, there) for each, there in message.headers if each != name]
    changed = replace(message, headers=others if value is None else [*others, (name, value)])
    assert code_of(changed) == "IncompleteSignature"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HMAC-SHA1", "HMAC-SHA256"),
        ("SignatureVersion=1.0", "SignatureVersion=2"),
        ("AccessKeyId=", "Key="),
        ("noCQ", "%21"),
        ("Timestamp=2026", "Timestamp=x"),
        ("SignatureNonce=", "Nonce="),
    ],
)
def test_the_older_form_that_is_not_whole(old: str, new: str) -> None:
    """Each part of the older form is needed too."""
    message = message_of(VECTORS[3])
    assert old in message.query
    assert code_of(replace(message, query=message.query.replace(old, new))) == "IncompleteSignature"


def test_a_header_twice() -> None:
    """Nobody can hide a second value behind one that is signed."""
    message = message_of(VECTORS[0])
    twice = replace(message, headers=[*message.headers, ("x-acs-date", "2026-01-02T03:04:05Z")])
    assert code_of(twice) == "IncompleteSignature"


@given(st.timedeltas(-timedelta(hours=1), timedelta(hours=1)))
def test_the_window_of_clocks(off: timedelta) -> None:
    """A time is good exactly while it is no further from ours than the window, before or after."""
    if abs(off) <= WINDOW:
        return check_time(AT + off, AT)
    with pytest.raises(Refusal) as refused:
        check_time(AT + off, AT)
    assert refused.value.code == "InvalidTimeStamp.Expired"
    return None
