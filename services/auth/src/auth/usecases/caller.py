"""Who asks, as far as the audit and the limits want to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The other end of a request.

    Parameters
    ----------
    address
        Network address as the gateway saw it.
    session_id
        The session that came with the request, as it came; it may be anything.
    """

    address: str
    session_id: str | None = None
