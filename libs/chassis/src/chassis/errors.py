"""Errors with a stable code, framework-free.

::

    PlatformError            an expected refusal; code, kind, sentence, remedy
    └── ServiceUnavailableError   something this process depends on does not answer

Services subclass `PlatformError` in their ``domain/errors.py``. HTTP rendering is in `chassis.problems`; consumers
treat ``UNAVAILABLE`` as "try again" and every other kind as "can never succeed".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import ClassVar


class ErrorKind(Enum):
    """What sort of refusal it is; the value is the HTTP status."""

    MALFORMED = 400
    UNAUTHENTICATED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    METHOD_NOT_ALLOWED = 405
    TIMED_OUT = 408
    CONFLICT = 409
    GONE = 410
    PRECONDITION_FAILED = 412
    TOO_LARGE = 413
    ADDRESS_TOO_LONG = 414
    UNSUPPORTED_MEDIA_TYPE = 415
    RANGE_NOT_SATISFIABLE = 416
    INVALID = 422
    LIMITED = 429
    HEADERS_TOO_LARGE = 431
    INTERNAL = 500
    UNAVAILABLE = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One offending part of a request.

    Parameters
    ----------
    code
        Stable, such as ``required``.
    detail
        One sentence.
    pointer
        JSON pointer into the body, where it lies there.
    parameter
        Name of the query, path or header parameter, where it lies there.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None


class PlatformError(Exception):
    """An expected refusal.

    Subclasses set the class attributes; the constructor takes what differs from case to case.

    Parameters
    ----------
    detail
        One sentence on this very case, for people.
    errors
        The offending parts, all of them.
    remedy
        What to do; the class's own sentence where None.
    retry_after_seconds
        When a retry may succeed, for ``LIMITED`` and ``UNAVAILABLE``.
    """

    code: ClassVar[str] = "internal_error"
    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    title: ClassVar[str] = "The request failed"
    default_remedy: ClassVar[str] = "Try again later; if it stays, tell the operator the trace id."
    extensions: Mapping[str, object] = MappingProxyType({})
    """Further members of the problem document, for subclasses whose clients need more than words."""

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        remedy: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.remedy = remedy if remedy is not None else self.default_remedy
        self.retry_after_seconds = retry_after_seconds


class ServiceUnavailableError(PlatformError):
    """A server that this process depends on does not answer; nothing was changed, a retry is safe."""

    code = "service_unavailable"
    kind = ErrorKind.UNAVAILABLE
    title = "A part of the platform does not answer"
    default_remedy = "Try again after the seconds given in Retry-After."

    def __init__(self, dependency: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(f"{dependency} does not answer at the moment", retry_after_seconds=retry_after_seconds)
        self.dependency = dependency


class RequestInvalidError(PlatformError):
    """Parameters or body do not have the documented form."""

    code = "request_invalid"
    kind = ErrorKind.INVALID
    title = "The request is not of the documented form"
    default_remedy = "Correct the parts named in 'errors'; the API document describes each."


class CursorInvalidError(PlatformError):
    """The cursor was not made by this listing with these filters."""

    code = "cursor_invalid"
    kind = ErrorKind.MALFORMED
    title = "The cursor cannot be read"
    default_remedy = "Start again without 'cursor', and keep filters and sort unchanged while following 'next_cursor'."


class UnauthenticatedError(PlatformError):
    """Nobody is signed in, where somebody has to be."""

    code = "unauthenticated"
    kind = ErrorKind.UNAUTHENTICATED
    title = "Sign-in is needed"
    default_remedy = "Sign in with POST /api/v1/auth/login and send the session cookie."


class ForbiddenError(PlatformError):
    """The caller is known and lacks the right."""

    code = "forbidden"
    kind = ErrorKind.FORBIDDEN
    title = "Your account lacks the right for this"
    default_remedy = "Use an account with the role named in 'detail'."


class TokenLimitedError(PlatformError):
    """The request came with an API token that is not for this."""

    code = "token_limited"
    kind = ErrorKind.FORBIDDEN
    title = "The API token is not for this"
    default_remedy = "Use a token with the scope named in 'detail', or sign in."


class RecentAuthenticationRequiredError(PlatformError):
    """The caller proved who they are too long ago; nothing was changed."""

    code = "recent_authentication_required"
    kind = ErrorKind.FORBIDDEN
    title = "This needs a fresh proof of who you are"
    default_remedy = "Call POST /api/v1/auth/step-up, then repeat the request within ten minutes."


class RevisionMismatchError(PlatformError):
    """The thing changed since the caller read it; nothing was written."""

    code = "revision_mismatch"
    kind = ErrorKind.PRECONDITION_FAILED
    title = "It changed since you read it"
    default_remedy = "Read it again, apply your change to the new state, and send the new ETag in If-Match."
