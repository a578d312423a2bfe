"""By which certificate a daemon on this host is known."""

from __future__ import annotations

import ssl
from pathlib import Path

_END = "-----END CERTIFICATE-----"


def known_by(certificate: Path) -> ssl.SSLContext:
    """Trust whoever has the key of the first certificate in this file, and nobody else; raises OSError.

    That is more than a name in it would say, so its names do not matter.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    own, end, _ = certificate.read_text(encoding="ascii").partition(_END)
    context.load_verify_locations(cadata=own + end)
    return context
