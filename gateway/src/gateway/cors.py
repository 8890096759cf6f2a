"""Cross-origin reads for the web clients that the operator names; for nobody else."""

from gateway.origin_check import OriginPolicy
from gateway.request import METHODS, ClientRequest, Headers

_PREFLIGHT_SECONDS = 600
_EXPOSED = (
    b"age, content-range, etag, link, location, ratelimit, ratelimit-policy, repr-digest, retry-after, x-cache,"
    b" x-checksum-sha256"
)
_ACCEPTED = b"authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, range, traceparent"


def cors_headers(request: ClientRequest, policy: OriginPolicy) -> Headers:
    """Give the headers that let an allowed origin's page read the answer; for all others, that it depends on that."""
    if not policy.allows_others:
        return []
    origin = request.find(b"origin")
    if origin is None or not policy.is_allowed(origin.decode("latin-1")):
        return [(b"vary", b"origin")]
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"origin"),
    ]


def is_preflight(request: ClientRequest, policy: OriginPolicy) -> bool:
    """Say whether an allowed origin's page asks for permission."""
    return (
        request.method == "OPTIONS"
        and request.find(b"access-control-request-method") is not None
        and policy.is_allowed((request.find(b"origin") or b"").decode("latin-1"))
    )


def preflight_headers() -> Headers:
    """Give what an allowed origin's page may send."""
    return [
        (b"access-control-allow-methods", ", ".join(sorted(METHODS)).encode()),
        (b"access-control-allow-headers", _ACCEPTED),
        (b"access-control-max-age", str(_PREFLIGHT_SECONDS).encode()),
    ]
