"""Changes by cookie of clients that tell neither their origin nor their site: they have to show the session's token.

Every browser of today tells at least one of them, and `gateway.origin_check` has judged it.
"""

import hmac

from contracts.csrf import CSRF_HEADER, csrf_token
from gateway.credentials import Credentials
from gateway.errors import CsrfTokenRequiredError
from gateway.request import SAFE_METHODS, ClientRequest


def check_csrf_token(request: ClientRequest, credentials: Credentials | None) -> None:
    """Refuse a change that a session's cookie alone asks for; the session has to be alive.

    Raises
    ------
    CsrfTokenRequiredError
        There is no token, or it is another session's.
    """
    if request.method in SAFE_METHODS or credentials is None or credentials.is_bearer:
        return
    if request.find(b"origin") is not None or request.find(b"sec-fetch-site") is not None:
        return
    given = request.find_single(CSRF_HEADER.encode()) or b""
    if not hmac.compare_digest(given, csrf_token(credentials.session).encode()):
        raise CsrfTokenRequiredError("the request tells no origin and does not carry the token of its session")
