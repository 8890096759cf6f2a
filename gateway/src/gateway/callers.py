"""Who is calling: from the session or API token that a request names to the identity its service gets."""

from dataclasses import dataclass

from chassis.errors import UnauthenticatedError
from gateway.auth_client import AuthClient
from gateway.credentials import Credentials, session_cookie
from gateway.sessions import Sessions
from gateway.tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody at the gateway.

    Parameters
    ----------
    identity
        Signed token, None for a stranger.
    session
        The session's id, None for a stranger and for an API token.
    cookie
        Set-Cookie value that goes with a successful answer; None where the client has what it needs.
    """

    identity: str | None = None
    session: str | None = None
    cookie: bytes | None = None


STRANGER = Caller()


class Callers:
    """Identifies callers.

    Parameters
    ----------
    sessions
        Turns sessions into identities.
    tokens
        Turns API tokens into identities.
    auth
        Begins sessions of visitors.
    secure
        Whether clients come by https.
    """

    def __init__(self, *, sessions: Sessions, tokens: Tokens, auth: AuthClient, secure: bool) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._auth = auth
        self._secure = secure

    async def identify(self, credentials: Credentials | None, *, address: str) -> Caller:
        """Give whoever the credentials name; a cookie whose session has ended names a stranger.

        Parameters
        ----------
        address
            The client's network address.

        Raises
        ------
        UnauthenticatedError
            A bearer token names no session, or there is no such API token.
        TokenSourceRefusedError, RateLimitedError
            An API token is refused; see `Tokens.find`.
        ServiceUnavailableError
            Redis or auth does not answer; a retry is safe.
        """
        if credentials is None:
            return STRANGER
        if credentials.is_api_token:
            return Caller(identity=await self._tokens.find(credentials.session, address=address))
        found = await self._sessions.find(credentials.session)
        if found is None:
            if credentials.is_bearer:
                raise UnauthenticatedError("the token is unknown, ended or expired")
            return STRANGER
        cookie = None
        if found.lives_on_seconds is not None and not credentials.is_bearer:
            # The session has just been prolonged; the browser has to keep the cookie for as long.
            cookie = self._cookie(credentials.session, found.lives_on_seconds)
        return Caller(identity=found.identity, session=credentials.session, cookie=cookie)

    async def begin_anonymous(self) -> Caller:
        """Give a new visitor an identity and a session.

        Raises
        ------
        ServiceUnavailableError
            auth does not answer.
        """
        begun = await self._auth.begin_anonymous()
        cookie = self._cookie(begun.session, begun.max_age_seconds)
        return Caller(identity=begun.identity, session=begun.session, cookie=cookie)

    def forget(self, caller: Caller) -> None:
        """Look the caller up anew next time: auth may just have changed its rights."""
        if caller.session is not None:
            self._sessions.forget(caller.session)

    def _cookie(self, session: str, max_age_seconds: int) -> bytes:
        return session_cookie(session, secure=self._secure, max_age_seconds=max_age_seconds)
