"""Signs requests as DataWorks' client does, written from its rules and not from ours."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote_plus

HOST = "127.0.0.1"


def signed_headers(
    key: str,
    secret: bytes,
    action: str,
    method: str,
    query: str,
    body: bytes,
    *,
    at: datetime | None = None,
    nonce: str | None = None,
    **more: str,
) -> dict[str, str]:
    """The headers of a request; `more` are further ones, with `_` for `-`, which are signed too."""
    headers = {
        "accept": "application/json",
        "host": HOST,
        "user-agent": "a test",
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce or uuid.uuid4().hex,
        "x-acs-version": "2024-05-18",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    if body:
        headers["content-type"] = "application/x-www-form-urlencoded"
    names = ";".join(sorted(headers))
    canonical = "&".join(f"{_strict(k)}={_strict(v)}" for k, v in sorted(parse_qsl(query, keep_blank_values=True)))
    block = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = f"{method}\n/\n{canonical}\n{block}\n{names}\n{headers['x-acs-content-sha256']}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    return {
        **headers,
        "authorization": f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={signature}",
    }


def _strict(text: str) -> str:
    return quote_plus(text).replace("+", "%20").replace("*", "%2A").replace("%7E", "~")
