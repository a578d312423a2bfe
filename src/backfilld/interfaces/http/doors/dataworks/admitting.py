"""Who asks: whoever has signed the request, or shows the token itself."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope as Asked

from backfilld.interfaces.http.doors.admission import Admission
from backfilld.interfaces.http.gate import address_of
from backfilld.interfaces.vendors.dataworks.refusals import Refusal
from backfilld.interfaces.vendors.dataworks.signature import Message, check_time, moment_of, nonce_of, signed
from backfilld.ports import TokenKind
from backfilld.service.access import Caller

KIND = TokenKind.DATAWORKS
TEMPORARY = "x-acs-security-token"
BEARER = "x-acs-bearer-token"


@dataclass(frozen=True, slots=True)
class Found:
    """Who asks, and the nonce of what they ask."""

    caller: Caller
    nonce: str


async def admitted(admission: Admission, scope: Asked, message: Message) -> Found:
    """Who asks; raises `Refusal` for who is nobody, and `TooOften`."""
    if message.header(TEMPORARY) is not None:
        raise Refusal(400, "InvalidSecurityToken.NotSupported", "Nobody is given temporary credentials here.")
    shown = message.header(BEARER)
    try:
        found = _signer(admission, scope, message) if shown is None else _bearer(admission, scope, message, shown)
    except Refusal as refusal:
        if refusal.code in GUESSES:
            await admission.refuse(scope)
        raise
    await admission.welcome(scope, found.caller)
    return found


def _signer(admission: Admission, scope: Asked, message: Message) -> Found:
    claim, tokens = signed(message), admission.tokens
    known = tokens.signing(claim.key, address_of(scope), KIND)
    if known is None:
        raise Refusal(404, UNKNOWN, "There is no such access key.")
    caller, secret = known
    if not claim.is_by(secret):
        raise Refusal(400, WRONG, "The signature is not that of this request under this access key.")
    check_time(claim.at, tokens.clock.now())
    return Found(caller, claim.nonce)


def _bearer(admission: Admission, scope: Asked, message: Message, shown: str) -> Found:
    tokens = admission.tokens
    if message.header("authorization") is not None or ("SignatureType", "BEARERTOKEN") not in message.fields:
        raise Refusal(400, "IncompleteSignature", f"{BEARER} comes with SignatureType=BEARERTOKEN, and no signature.")
    at, nonce = moment_of(message.header("x-acs-date")), nonce_of(message.header("x-acs-signature-nonce"))
    caller = tokens.admitted(shown.encode("latin-1", "replace"), address_of(scope), KIND)
    if caller is None:
        raise Refusal(404, UNKNOWN, "There is no such token.")
    check_time(at, tokens.clock.now())
    return Found(caller, nonce)


UNKNOWN, WRONG = "InvalidAccessKeyId.NotFound", "SignatureDoesNotMatch"
GUESSES = frozenset({UNKNOWN, WRONG})
"""What is counted as a guess at somebody's credentials."""
