"""Who asks, as far as the audit and the limits want to know."""

from dataclasses import dataclass, field

from auth.domain.devices import Origin, describe_device, shorten_address
from auth.domain.limits import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The other end of a request.

    Parameters
    ----------
    address
        Network address as the gateway saw it.
    session_id
        The session that came with the request, as it came; it may be anything.
    user_agent
        What the client says it is, as it came; it may be anything.
    standings
        Where use cases report the limits that count this request, for the answer's headers.
    """

    address: str
    session_id: str | None = None
    user_agent: str | None = None
    standings: list[Standing] = field(default_factory=list, compare=False, repr=False)

    @property
    def origin(self) -> Origin:
        """Where a session is opened by this request, as its owner will recognise it."""
        return Origin(describe_device(self.user_agent), shorten_address(self.address))
