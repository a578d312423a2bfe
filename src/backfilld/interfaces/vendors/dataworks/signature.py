"""Signatures of requests: ACS3-HMAC-SHA256 in a header, HMAC-SHA1 of the older form in the query.

The secret is never sent. What is signed is the request as it came: raw body, raw query, header values.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, quote

from backfilld.interfaces.vendors.dataworks.refusals import Refusal

ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2024-05-18"
WINDOW = timedelta(minutes=15)
"""How far a client's clock may be from ours."""
NEEDED = frozenset(
    {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
)
"""Headers that must be signed, beside every other `x-acs-` that is there."""
LONGEST_NONCE = 256
MOST_FIELDS = 1_000
_HEADER = re.compile(rf"{ALGORITHM} +Credential=([^,\s]+), *SignedHeaders=([a-z0-9;_-]+), *Signature=([0-9a-f]{{64}})")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Message:
    """A request as it came: the query without `?`, header names in lower case, each as often as it was sent."""

    method: str
    path: str
    query: str
    headers: Pairs
    body: bytes

    def header(self, name: str) -> str | None:
        """The one value of a header; None if there is none; `IncompleteSignature` for several."""
        found = [value for each, value in self.headers if each == name]
        if len(found) > 1:
            raise incomplete(f"the header {name} is there {len(found)} times")
        return found[0] if found else None

    @property
    def fields(self) -> Pairs:
        """What the query says."""
        return form_pairs(self.query)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a request says of its signature: whose key, which nonce, when, the text that was signed, and how."""

    key: str
    nonce: str
    at: datetime
    text: str
    signature: bytes
    legacy: bool = False

    def is_by(self, secret: bytes) -> bool:
        """Whether who has this secret has signed it; takes as long for a wrong one."""
        key, digest = (secret + b"&", "sha1") if self.legacy else (secret, "sha256")
        return hmac.compare_digest(hmac.digest(key, self.text.encode(), digest), self.signature)


def form_pairs(text: str) -> Pairs:
    """Names and values of a query or form, where `+` is a space; raises `Refusal` for more than anybody sends."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refusal(400, "InvalidParameter.Request", f"More than {MOST_FIELDS} fields.") from None


def signed(message: Message) -> Signed:
    """What the request says of its signature; raises `Refusal` where that is not whole."""
    if any(name == "Signature" for name, _ in message.fields):
        return _signed_legacy(message)
    return _signed(message)


def moment_of(text: str | None) -> datetime:
    """When a request says that it was signed."""
    if text is None or not _MOMENT.fullmatch(text):
        raise incomplete("its time must be such as 2026-01-02T03:04:05Z")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise incomplete("its time must be one of the calendar") from None


def check_time(at: datetime, now: datetime) -> None:
    """Raise `Refusal` for a request that was signed too long ago, or in a time to come."""
    if abs(now - at) > WINDOW:
        minutes = int(WINDOW.total_seconds() // 60)
        raise Refusal(400, "InvalidTimeStamp.Expired", f"It was signed more than {minutes} minutes from our time.")


def incomplete(why: str) -> Refusal:
    """The signature cannot be checked at all."""
    return Refusal(400, "IncompleteSignature", f"The signature is not whole: {why}.")


def nonce_of(text: str | None) -> str:
    """The word by which a request is told from one that is sent again."""
    if not text or len(text) > LONGEST_NONCE:
        raise incomplete(f"its nonce must have 1 to {LONGEST_NONCE} characters")
    return text


def _signed(message: Message) -> Signed:
    found = _HEADER.fullmatch(message.header("authorization") or "")
    if not found:
        raise incomplete(
            f"the header Authorization must be `{ALGORITHM} Credential=..., SignedHeaders=..., Signature=...`"
        )
    key, names, signature = found.groups()
    at, nonce = moment_of(message.header("x-acs-date")), nonce_of(message.header("x-acs-signature-nonce"))
    _check_names(message, names.split(";"))
    text = f"{ALGORITHM}\n{sha256(canonical_request(message, names).encode()).hexdigest()}"
    return Signed(key, nonce, at, text, bytes.fromhex(signature))


def _check_names(message: Message, names: Sequence[str]) -> None:
    """Nothing that means something may be added on the way."""
    there = {name for name, _ in message.headers}
    unsigned = (NEEDED | {name for name in there if name.startswith("x-acs-")}) - set(names)
    if unsigned:
        raise incomplete(f"these headers must be signed: {', '.join(sorted(unsigned))}")
    if lost := set(names) - there:
        raise incomplete(f"these signed headers are not there: {', '.join(sorted(lost))}")


def canonical_request(message: Message, names: str) -> str:
    """The request as both sides write it down; raises `Refusal` for a body that is not the one that was signed."""
    digest = sha256(message.body).hexdigest()
    if message.header("x-acs-content-sha256") != digest:
        raise Refusal(400, "SignatureDoesNotMatch", "x-acs-content-sha256 is not the digest of the body.")
    query = _joined(sorted(message.fields))
    headers = "".join(f"{name}:{_values(message, name)}\n" for name in names.split(";"))
    return "\n".join([message.method, message.path, query, headers, names, digest])


def _values(message: Message, name: str) -> str:
    return ",".join(sorted(value.strip() for each, value in message.headers if each == name))


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _encoded(text: str) -> str:
    """RFC 3986: only letters, digits and `-_.~` stay."""
    return quote(text, safe="")


def _signed_legacy(message: Message) -> Signed:
    given = dict(message.fields)
    wanted = {"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"}
    if wrong := [f"{name}={value}" for name, value in wanted.items() if given.get(name) != value]:
        raise incomplete(f"the query must say {' and '.join(wrong)}")
    at, nonce = moment_of(given.get("Timestamp")), nonce_of(given.get("SignatureNonce"))
    try:
        signature = b64decode(given["Signature"], validate=True)
    except NotBase64:
        raise incomplete("Signature must be base64") from None
    if "AccessKeyId" not in given:
        raise incomplete("the query has no AccessKeyId")
    return Signed(given["AccessKeyId"], nonce, at, legacy_text(message), signature, legacy=True)


def legacy_text(message: Message) -> str:
    """What the older form signs: method, path, and the fields of query and form together."""
    form = form_pairs(message.body.decode("utf-8", "replace"))
    union = sorted((name, value) for name, value in (*message.fields, *form) if name != "Signature")
    return f"{message.method}&{_encoded(message.path)}&{_encoded(_joined(union))}"


LEGACY = frozenset(
    (
        *("Action", "Version", "Format", "Timestamp", "SignatureNonce"),
        *("SignatureMethod", "SignatureVersion", "AccessKeyId", "Signature"),
    )
)
"""Fields of the older form that are no fields of an operation."""
