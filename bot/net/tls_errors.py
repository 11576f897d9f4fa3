"""TLS and certificate errors, in words that say what to do."""

from __future__ import annotations

import ssl

REMEDY = (
    "If a proxy stands in between, let SSL_CERT_FILE name a file with its certificate authority; "
    "else check the clock of this machine and its CA certificates"
)


def distrust(error: BaseException) -> str:
    """What is wrong with the certificate that ended a connection, or with its TLS; "" for an error of another kind.

    Holds nothing that was sent."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        # aiohttp keeps what it wraps in fields of its own
        inner = getattr(cause, "certificate_error", None) or getattr(cause, "os_error", None) or cause
        if isinstance(inner, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({inner.verify_message}). {REMEDY}"
        if isinstance(inner, ssl.SSLError):
            return f"it does not speak TLS as it should ({inner.reason or 'no reason given'}). {REMEDY}"
        cause = cause.__cause__ or cause.__context__
    return ""
