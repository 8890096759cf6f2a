"""Refusals that the gateway itself makes; stable codes.

::

    AddressInvalidError        400 address_invalid       the path or query is not in normal form
    RequestMalformedError      400 request_malformed     the request breaks HTTP
    SessionAmbiguousError      400 session_ambiguous     two different sessions in one request
    TokenInQueryError          400 token_in_query        a token where logs and histories keep it
    TokenSourceRefusedError    403 token_source_refused  the API token is not for use from this address
    OriginRefusedError         403 origin_refused        a page of another origin asks for a change
    CsrfTokenRequiredError     403 csrf_token_required   a cookie alone asks for a change
    RequestTimedOutError       408 request_timed_out     the body came too slowly
    BodyTooLargeError          413 body_too_large
    └── BundleTooLargeError    413 bundle_too_large
    AddressTooLongError        414 address_too_long
    RangeNotSatisfiableError   416 range_not_satisfiable
    RateLimitedError           429 rate_limited          too many unknown API tokens
    HeadersTooLargeError       431 headers_too_large
"""

from chassis.errors import ErrorKind, PlatformError


class AddressInvalidError(PlatformError):
    """The path or the query is not in the one form that every part of the platform reads alike."""

    code = "address_invalid"
    kind = ErrorKind.MALFORMED
    title = "The address is not in normal form"
    default_remedy = "Send the path without empty, '.' or '..' segments and encode only what RFC 3986 reserves."


class AddressTooLongError(PlatformError):
    """The path or the query is longer than any address of this API."""

    code = "address_too_long"
    kind = ErrorKind.ADDRESS_TOO_LONG
    title = "The address is too long"
    default_remedy = "Use fewer or shorter query parameters."


class RequestMalformedError(PlatformError):
    """The request breaks HTTP/1.1 or contradicts itself."""

    code = "request_malformed"
    kind = ErrorKind.MALFORMED
    title = "The request is not valid HTTP"
    default_remedy = "Use an HTTP/1.1 client that follows RFC 9112, and send each header once."


class HeadersTooLargeError(PlatformError):
    """The headers are larger than the gateway reads."""

    code = "headers_too_large"
    kind = ErrorKind.HEADERS_TOO_LARGE
    title = "The request headers are too large"
    default_remedy = "Send fewer or smaller headers; clear the cookies of this address if they have grown."


class SessionAmbiguousError(PlatformError):
    """Two different sessions are named, so that nobody can say who is calling."""

    code = "session_ambiguous"
    kind = ErrorKind.MALFORMED
    title = "The request names two sessions"
    default_remedy = "Send one session: clear the cookies of this address and sign in again."


class TokenSourceRefusedError(PlatformError):
    """The API token is not for use from the client's network address."""

    code = "token_source_refused"
    kind = ErrorKind.FORBIDDEN
    title = "The API token is not for use from this address"
    default_remedy = "Use it from one of its source ranges, or make another with POST /api/v1/auth/tokens."


class RateLimitedError(PlatformError):
    """Too many unknown API tokens came from the client's network."""

    code = "rate_limited"
    kind = ErrorKind.LIMITED
    title = "Too many requests"
    default_remedy = "Wait for the seconds given in Retry-After, then use a token that is good."


class OriginRefusedError(PlatformError):
    """A page of another origin asks for a change with the visitor's cookie."""

    code = "origin_refused"
    kind = ErrorKind.FORBIDDEN
    title = "Changes are taken from this address's own pages only"
    default_remedy = "Call from the gateway's own origin, or use a bearer token; operators may set ALLOWED_ORIGINS."


class TokenInQueryError(PlatformError):
    """A token stands in the query, which logs and histories keep (RFC 6750, section 2.3); it was not looked at."""

    code = "token_in_query"
    kind = ErrorKind.MALFORMED
    title = "Tokens are not taken from the query"
    default_remedy = "Send 'Authorization: Bearer …', and end this token: others may have read it."


class CsrfTokenRequiredError(PlatformError):
    """A client that tells no origin asks for a change with nothing but a cookie."""

    code = "csrf_token_required"
    kind = ErrorKind.FORBIDDEN
    title = "A change by cookie needs more than the cookie"
    default_remedy = (
        "Send the header Origin with this address, or X-CSRF-Token with the token of GET /api/v1/auth/csrf, or the"
        " session as a bearer token instead of the cookie."
    )


class RequestTimedOutError(PlatformError):
    """The body stopped arriving; nothing was changed, a retry is safe."""

    code = "request_timed_out"
    kind = ErrorKind.TIMED_OUT
    title = "The request body came too slowly"
    default_remedy = "Send the request again over a better connection."


class BodyTooLargeError(PlatformError):
    """The body is larger than the address takes."""

    code = "body_too_large"
    kind = ErrorKind.TOO_LARGE
    title = "The request body is too large"
    default_remedy = "Send a body within the limit named in 'detail'."


class BundleTooLargeError(BodyTooLargeError):
    """The upload of a version is larger than manifest, bundle and source map may be together."""

    code = "bundle_too_large"
    title = "The upload is too large"
    default_remedy = "Make the bundle and its source map smaller, for instance by minifying; see the limit in 'detail'."


class RangeNotSatisfiableError(PlatformError):
    """The file is shorter than the range asked for.

    Parameters
    ----------
    content_range
        The header of this name, which states the real length.
    """

    code = "range_not_satisfiable"
    kind = ErrorKind.RANGE_NOT_SATISFIABLE
    title = "The file has no such range"
    default_remedy = "Ask for a range within the length that Content-Range names."

    def __init__(self, *, content_range: str) -> None:
        super().__init__(f"the file ends before this range ({content_range})")
        self.content_range = content_range
