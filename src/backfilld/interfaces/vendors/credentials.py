"""A token as each vendor's client wants to be given it."""

from __future__ import annotations

from backfilld.ports import TokenKind


def credential_of(kind: TokenKind, number: str, text: str) -> dict[str, str]:
    """What to set in the environment of a client of this kind, for a token with this public id and text.

    DataWorks' clients sign with the secret alone, and never show it. Datadog's show two keys: the first may be read by
    anybody, the second is the token.

    >>> credential_of(TokenKind.DATAWORKS, "17", "bf_17_secret")
    {'ALIBABA_CLOUD_ACCESS_KEY_ID': '17', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET': 'secret'}
    """
    match kind:
        case TokenKind.NATIVE:
            return {"BACKFILL_TOKEN": text}
        case TokenKind.DATAWORKS:
            secret = text.split("_", 2)[2]
            return {"ALIBABA_CLOUD_ACCESS_KEY_ID": number, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret}
        case TokenKind.CLOUDFLARE:
            return {"CLOUDFLARE_API_TOKEN": text}
        case TokenKind.PREFECT:
            return {"PREFECT_API_KEY": text}
        case TokenKind.DATADOG:
            return {"DD_API_KEY": number, "DD_APP_KEY": text}
