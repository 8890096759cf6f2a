"""How often something may be tried: the limits, their figures, and for whom each counts.

The names stand in answers (``RateLimit-Policy``), metrics and the setting ``LIMITS``.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_HOUR_SECONDS = 60 * 60
_IPV6_PREFIX = 64
"""What one customer is given at least: each of its addresses alone would be a fresh start."""

_OVERRIDE = re.compile(r"(?P<name>[a-z-]+)=(?P<quota>[1-9]\d{0,8})/(?P<window>[1-9]\d{0,8})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `quota` uses of a key in a window, which begins with the first of them.

    Parameters
    ----------
    is_shown
        Whether answers say how much is left. Of what strangers use up together nobody is told before it is gone.
    """

    name: str
    quota: int
    window_seconds: int
    is_shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a limit, by a key: an account's address, a network, or nothing for what is counted for all."""

    limit: Limit
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a limit stands for a caller: what is left, and the seconds until all of it is left again."""

    limit: Limit
    remaining: int
    reset_seconds: int


SIGN_IN = Limit(name="sign-in", quota=10, window_seconds=300)
SIGN_IN_ACCOUNT = Limit(name="sign-in-account", quota=100, window_seconds=_HOUR_SECONDS, is_shown=False)
SIGN_IN_ADDRESS = Limit(name="sign-in-address", quota=100, window_seconds=300)
SIGN_IN_TOTAL = Limit(name="sign-in-total", quota=600, window_seconds=60, is_shown=False)
SECOND_FACTOR = Limit(name="second-factor", quota=10, window_seconds=300)
REGISTRATION_ADDRESS = Limit(name="registration-address", quota=30, window_seconds=_HOUR_SECONDS)
REGISTRATION_TOTAL = Limit(name="registration-total", quota=300, window_seconds=60, is_shown=False)
MAIL_ACCOUNT = Limit(name="mail-account", quota=3, window_seconds=1_800)
MAIL_ADDRESS = Limit(name="mail-address", quota=30, window_seconds=_HOUR_SECONDS)
MAIL_TOTAL = Limit(name="mail-total", quota=3_000, window_seconds=_HOUR_SECONDS, is_shown=False)
TOKEN_FAILURES = Limit(name="token-failures", quota=100, window_seconds=300)
TOKEN_FAILURES_TOTAL = Limit(name="token-failures-total", quota=6_000, window_seconds=60, is_shown=False)
LEAK_REPORT_ADDRESS = Limit(name="leak-report-address", quota=300, window_seconds=_HOUR_SECONDS)
LEAK_REPORT_TOTAL = Limit(name="leak-report-total", quota=600, window_seconds=60, is_shown=False)
DEVICE_CODE_ADDRESS = Limit(name="device-code-address", quota=30, window_seconds=600)
DEVICE_CODE_TOTAL = Limit(name="device-code-total", quota=600, window_seconds=60, is_shown=False)
USER_CODE_FAILURES = Limit(name="user-code-failures", quota=10, window_seconds=600)
USER_CODE_FAILURES_ADDRESS = Limit(name="user-code-failures-address", quota=30, window_seconds=600)
INVITATION_ACCOUNT = Limit(name="invitation-account", quota=50, window_seconds=24 * _HOUR_SECONDS)
INVITATION_TOTAL = Limit(name="invitation-total", quota=3_000, window_seconds=_HOUR_SECONDS, is_shown=False)

LIMITS: Mapping[str, Limit] = {
    limit.name: limit
    for limit in (
        SIGN_IN,
        SIGN_IN_ACCOUNT,
        SIGN_IN_ADDRESS,
        SIGN_IN_TOTAL,
        SECOND_FACTOR,
        REGISTRATION_ADDRESS,
        REGISTRATION_TOTAL,
        MAIL_ACCOUNT,
        MAIL_ADDRESS,
        MAIL_TOTAL,
        TOKEN_FAILURES,
        TOKEN_FAILURES_TOTAL,
        LEAK_REPORT_ADDRESS,
        LEAK_REPORT_TOTAL,
        DEVICE_CODE_ADDRESS,
        DEVICE_CODE_TOTAL,
        USER_CODE_FAILURES,
        USER_CODE_FAILURES_ADDRESS,
        INVITATION_ACCOUNT,
        INVITATION_TOTAL,
    )
}
"""Every limit by its name; docs/decisions/0013 says why these figures."""


def network_of(address: str) -> str:
    """Give the key of a network address: IPv4 whole, IPv6 by its /64; what is no address stands for itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), _IPV6_PREFIX), strict=False))
    return str(parsed)


def read_limits(text: str) -> dict[str, Limit]:
    """Read other figures for some limits, as in ``sign-in=10/300 mail-account=3/1800`` (quota/seconds).

    Raises
    ------
    ValueError
        Something is not of this form, or no limit has the name.
    """
    changed: dict[str, Limit] = {}
    for part in text.split():
        match = _OVERRIDE.fullmatch(part)
        if match is None or match["name"] not in LIMITS:
            raise ValueError(f"LIMITS: {part!r} is not <name>=<quota>/<seconds> of one of {', '.join(LIMITS)}")
        limit = LIMITS[match["name"]]
        changed[limit.name] = replace(limit, quota=int(match["quota"]), window_seconds=int(match["window"]))
    return changed
