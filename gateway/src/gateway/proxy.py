"""Requests that are not answered from the cache: sessions become identities, the service's answer goes on."""

from http import HTTPStatus

from chassis.errors import UnauthenticatedError
from gateway.body import open_body
from gateway.cache.invalidation import Invalidation
from gateway.callers import Caller, Callers
from gateway.credentials import Credentials
from gateway.csrf import check_csrf_token
from gateway.headers import RequestHeaders, find_header
from gateway.internal_redirect import FileConditions, InternalRedirects
from gateway.request import SAFE_METHODS, ClientRequest
from gateway.responder import Responder
from gateway.routes import Route, SessionUse
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
    callers
        Identifies who is calling.
    redirects
        Follows answers that leave the body to the object store.
    invalidation
        Told what a successful change makes stale.
    """

    def __init__(
        self,
        *,
        upstreams: Upstreams,
        headers: RequestHeaders,
        callers: Callers,
        redirects: InternalRedirects,
        invalidation: Invalidation,
    ) -> None:
        self._upstreams = upstreams
        self._headers = headers
        self._callers = callers
        self._redirects = redirects
        self._invalidation = invalidation

    async def respond(
        self, request: ClientRequest, route: Route, credentials: Credentials | None, responder: Responder
    ) -> None:
        """Answer one request.

        Raises
        ------
        PlatformError
            Instead of an answer; nothing has been sent yet.
        """
        caller = await self._callers.identify(credentials, address=self._headers.client_address(request))
        if caller.identity is None and route.session is SessionUse.REQUIRED:
            raise UnauthenticatedError("this address needs a session")
        if caller.identity is not None:
            check_csrf_token(request, credentials)
        body = await open_body(request, route)
        changes = request.method not in SAFE_METHODS
        if caller.identity is None and route.mints_anonymous and changes:
            caller = await self._callers.begin_anonymous()
        to_auth = route.upstream == "auth"
        answer = await self._upstreams[route.pool].open(
            "GET" if request.method == "HEAD" else request.method,
            request.target,
            headers=self._headers.for_caller(
                request, identity=caller.identity, session=caller.session if to_auth else None
            ),
            timeout_seconds=route.timeout_seconds,
            body=body,
        )
        try:
            if to_auth and changes:
                self._callers.forget(caller)
            if answer.status < HTTPStatus.BAD_REQUEST:
                self._finish_success(caller, answer, changes=changes)
            _state_privacy(route, answer)
            if route.is_live:
                answer.headers.append((b"x-accel-buffering", b"no"))  # for a proxy before us
            answer = await self._redirects.follow(answer, FileConditions.of(request))
            answer.headers.append((b"x-cache", b"bypass"))
            await responder.pass_on(answer)
        except BaseException:
            answer.close()
            raise

    def _finish_success(self, caller: Caller, answer: UpstreamAnswer, *, changes: bool) -> None:
        """Do what a success asks of the gateway before the client may see it."""
        if caller.cookie is not None and find_header(answer.headers, b"set-cookie") is None:
            answer.headers.append((b"set-cookie", caller.cookie))
        if changes:
            self._invalidation.invalidate(answer.headers)


def _state_privacy(route: Route, answer: UpstreamAnswer) -> None:
    """Keep personal answers out of every shared cache where the service says nothing itself."""
    if not route.is_public and find_header(answer.headers, b"cache-control") is None:
        answer.headers.append((b"cache-control", b"private, no-cache"))
