"""The route table: what is reachable, where it is answered, and under which limits."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from gateway.errors import BodyTooLargeError, BundleTooLargeError

JSON_BODY_BYTES = 262_144
"""Bytes of a JSON body: settings of a plugin are the largest, and their schema is bounded by the manifest's size."""

MULTIPART_OVERHEAD_BYTES = 65_536
"""Boundaries, part headers and the changelog of an upload."""

READ_SECONDS = 10.0
WRITE_SECONDS = 15.0
LIVE_SECONDS = 40.0
"""A long poll answers after 30 seconds at the latest, a stream begins at once."""

UPLOAD_SECONDS = 60.0
"""From the last byte of the upload; publishing stores and hashes it meanwhile."""


class SessionUse(Enum):
    """What a session means to a route."""

    IGNORED = "ignored"
    """Answers are the same for everybody; neither cookie nor token goes on."""
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the table.

    Parameters
    ----------
    pattern
        Path; ``{name}`` is one segment, ``*`` at the end is anything below.
    upstream
        The service that answers.
    session
        What a session means here.
    body_limit_bytes
        Larger bodies are refused with `too_large`.
    timeout_seconds
        From the last byte sent to the first byte of the answer.
    mints_anonymous
        A change without a session begins an anonymous one.
    is_file
        Answered by an internal redirect to the object store.
    is_live
        A read that waits for news: never cached, never joined with another's, passed on as it comes.
    """

    pattern: str
    upstream: str
    session: SessionUse = SessionUse.REQUIRED
    body_limit_bytes: int = JSON_BODY_BYTES
    timeout_seconds: float = WRITE_SECONDS
    mints_anonymous: bool = False
    is_file: bool = False
    is_live: bool = False
    too_large: type[BodyTooLargeError] = BodyTooLargeError

    @property
    def is_public(self) -> bool:
        """Whether answers may be shared between callers, and so be cached."""
        return self.session is SessionUse.IGNORED

    @property
    def pool(self) -> str:
        """Name of the upstream to ask; live reads take no places from requests that end."""
        return f"{self.upstream}-live" if self.is_live else self.upstream


def _public(pattern: str, *, is_file: bool = False) -> Route:
    return Route(
        pattern="/api/v1" + pattern,
        upstream="catalog",
        session=SessionUse.IGNORED,
        timeout_seconds=READ_SECONDS,
        is_file=is_file,
    )


def build_routes(*, upload_limit_bytes: int) -> tuple[Route, ...]:
    """Give the table; the first row that matches wins.

    Parameters
    ----------
    upload_limit_bytes
        Manifest, bundle and source map together.
    """
    return (
        _public("/plugins"),
        _public("/plugins/categories"),
        _public("/plugins/{plugin_id}"),
        _public("/plugins/{plugin_id}/versions"),
        _public("/plugins/{plugin_id}/versions/{version}"),
        _public("/plugins/{plugin_id}/versions/{version}/bundle", is_file=True),
        _public("/plugins/{plugin_id}/versions/{version}/source-map", is_file=True),
        _public("/plugins/{plugin_id}/reviews"),
        Route(pattern="/api/v1/plugins/{plugin_id}/reviews/mine", upstream="catalog"),
        Route(pattern="/api/v1/reviews/export", upstream="catalog"),
        Route(
            pattern="/api/v1/changes",
            upstream="catalog",
            session=SessionUse.IGNORED,
            timeout_seconds=LIVE_SECONDS,
            is_live=True,
        ),
        Route(pattern="/api/v1/auth/*", upstream="auth", session=SessionUse.OPTIONAL),
        Route(pattern="/api/v1/user/*", upstream="installs", session=SessionUse.OPTIONAL, mints_anonymous=True),
        Route(pattern="/api/v1/developer/register", upstream="auth"),
        Route(pattern="/api/v1/developer/profile", upstream="auth"),
        Route(
            pattern="/api/v1/developer/plugins/{plugin_id}/versions",
            upstream="publishing",
            body_limit_bytes=upload_limit_bytes + MULTIPART_OVERHEAD_BYTES,
            timeout_seconds=UPLOAD_SECONDS,
            too_large=BundleTooLargeError,
        ),
        Route(
            pattern="/api/v1/developer/trusted-publishing/exchange",
            upstream="publishing",
            session=SessionUse.OPTIONAL,
        ),
        Route(pattern="/api/v1/developer/*", upstream="publishing"),
        Route(pattern="/api/v1/review/*", upstream="publishing"),
        Route(pattern="/api/v1/organisations", upstream="auth"),
        Route(pattern="/api/v1/organisations/*", upstream="auth"),
        Route(pattern="/api/v1/admin/accounts", upstream="auth"),
        Route(pattern="/api/v1/admin/accounts/*", upstream="auth"),
        Route(pattern="/api/v1/admin/*", upstream="publishing"),
    )


class RouteTable:
    """Finds the row of a path.

    Parameters
    ----------
    routes
        In order of precedence.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)
        # One alternation instead of a loop: the matching group names the row, in about a microsecond.
        self._pattern = re.compile("|".join(f"({_expression(route.pattern)})" for route in self._routes))

    def find(self, path: str) -> Route | None:
        """Give the row of a path that is in normal form, None where nothing is reachable."""
        match = self._pattern.fullmatch(path)
        return self._routes[match.lastindex - 1] if match and match.lastindex else None


def _expression(pattern: str) -> str:
    parts = re.split(r"(\{\w+\}|\*)", pattern)
    known = {"*": r".+"}
    return "".join(known.get(part, r"[^/]+") if part[:1] in {"{", "*"} else re.escape(part) for part in parts)
