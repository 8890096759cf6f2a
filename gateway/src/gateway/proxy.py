"""Requests that are not answered from the cache: sessions become identities, the service's answer goes on."""

from http import HTTPStatus

from chassis.errors import UnauthenticatedError
from gateway.auth_client import AnonymousSession, AuthClient
from gateway.body import open_body
from gateway.cache.invalidation import Invalidation
from gateway.credentials import Credentials, session_cookie
from gateway.headers import RequestHeaders, find_header
from gateway.internal_redirect import FileConditions, InternalRedirects
from gateway.request import SAFE_METHODS, ClientRequest
from gateway.responder import Responder
from gateway.routes import Route, SessionUse
from gateway.sessions import Sessions
from gateway.upstream_answer import UpstreamAnswer
from gateway.upstreams import Upstreams


class Proxy:
    """Passes requests to services.

    Parameters
    ----------
    upstreams
        Where the routes lead.
    headers
        Writes upstream headers.
    sessions, auth
        Turn sessions into identities, and begin anonymous ones.
    redirects
        Follows answers that leave the body to the object store.
    invalidation
        Told what a successful change makes stale.
    secure_cookies
        Whether clients come by https.
    """

    def __init__(
        self,
        *,
        upstreams: Upstreams,
        headers: RequestHeaders,
        sessions: Sessions,
        auth: AuthClient,
        redirects: InternalRedirects,
        invalidation: Invalidation,
        secure_cookies: bool,
    ) -> None:
        self._upstreams = upstreams
        self._headers = headers
        self._sessions = sessions
        self._auth = auth
        self._redirects = redirects
        self._invalidation = invalidation
        self._secure = secure_cookies

    async def respond(
        self, request: ClientRequest, route: Route, credentials: Credentials | None, responder: Responder
    ) -> None:
        """Answer one request.

        Raises
        ------
        PlatformError
            Instead of an answer; nothing has been sent yet.
        """
        identity = await self._find_identity(credentials)
        if identity is None and route.session is SessionUse.REQUIRED:
            raise UnauthenticatedError("this address needs a session")
        body = await open_body(request, route)
        minted: AnonymousSession | None = None
        if identity is None and route.mints_anonymous and request.method not in SAFE_METHODS:
            minted = await self._auth.begin_anonymous()
            identity = minted.identity
        to_auth = route.upstream == "auth" and credentials is not None and identity is not None
        answer = await self._upstreams[route.upstream].open(
            "GET" if request.method == "HEAD" else request.method,
            request.target,
            headers=self._headers.for_caller(
                request, identity=identity, session=credentials.session if credentials and to_auth else None
            ),
            timeout_seconds=route.timeout_seconds,
            body=body,
        )
        try:
            await self._finish(request, route, credentials, minted, answer)
            answer = await self._redirects.follow(answer, FileConditions.of(request))
        except BaseException:
            answer.close()
            raise
        answer.headers.append((b"x-cache", b"bypass"))
        await responder.pass_on(answer)

    async def _find_identity(self, credentials: Credentials | None) -> str | None:
        if credentials is None:
            return None
        identity = await self._sessions.find_identity(credentials.session)
        if identity is None and credentials.is_bearer:
            raise UnauthenticatedError("the token is unknown, ended or expired")
        return identity

    async def _finish(
        self,
        request: ClientRequest,
        route: Route,
        credentials: Credentials | None,
        minted: AnonymousSession | None,
        answer: UpstreamAnswer,
    ) -> None:
        """Do what an answer asks of the gateway before the client may see it."""
        if credentials is not None and route.upstream == "auth" and request.method not in SAFE_METHODS:
            self._sessions.forget(credentials.session)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            _state_privacy(route, answer)
            return
        if minted is not None:
            cookie = session_cookie(minted.session, secure=self._secure, max_age_seconds=minted.max_age_seconds)
            answer.headers.append((b"set-cookie", cookie))
        if request.method not in SAFE_METHODS:
            self._invalidation.invalidate(answer.headers)
        _state_privacy(route, answer)


def _state_privacy(route: Route, answer: UpstreamAnswer) -> None:
    """Keep personal answers out of every shared cache where the service says nothing itself."""
    if not route.is_public and find_header(answer.headers, b"cache-control") is None:
        answer.headers.append((b"cache-control", b"private, no-cache"))
