"""Cross-site requests: a change with the visitor's cookie is taken from the platform's own pages only.

Browsers state the origin of every request that changes something; of clients that state none, see `gateway.csrf`.
"""

from chassis.errors import PlatformError
from gateway.credentials import Credentials
from gateway.errors import OriginRefusedError
from gateway.request import SAFE_METHODS, ClientRequest


class OriginPolicy:
    """Which origins may ask for changes.

    Parameters
    ----------
    secure
        Whether clients come by https.
    public_origin
        The gateway's own origin; empty to take the Host header's.
    allowed_origins
        Other web clients' origins.
    """

    def __init__(self, *, secure: bool, public_origin: str, allowed_origins: frozenset[str]) -> None:
        self._scheme = "https" if secure else "http"
        self._public_origin = public_origin
        self._allowed = allowed_origins

    @property
    def allows_others(self) -> bool:
        """Whether there is any such origin."""
        return bool(self._allowed)

    def is_allowed(self, origin: str) -> bool:
        """Say whether another origin's pages may call and read."""
        return origin in self._allowed

    def check(self, request: ClientRequest, credentials: Credentials | None) -> None:
        """Refuse a cross-site change.

        Requests without any session are checked too: signing a visitor in unasked is an attack as well.

        Raises
        ------
        OriginRefusedError
            A page of another origin asks.
        """
        if request.method in SAFE_METHODS or (credentials is not None and credentials.is_bearer):
            return
        origin = request.find_single(b"origin")
        if origin is not None:
            stated = origin.decode("latin-1")
            if self.is_allowed(stated):
                return
            if stated != self._own_origin(request):
                raise self._refusal()
        site = request.find_single(b"sec-fetch-site")
        if site is not None and site not in {b"same-origin", b"none"}:
            raise self._refusal()

    def _own_origin(self, request: ClientRequest) -> str:
        if self._public_origin:
            return self._public_origin
        host = request.find_single(b"host") or b""
        return f"{self._scheme}://{host.decode('latin-1').lower()}"

    @staticmethod
    def _refusal() -> PlatformError:
        return OriginRefusedError("the request comes from a page of another origin")
