"""Where a session was opened, as its owner recognises it: what is kept is a short description, never the raw header."""

import ipaddress
import re
from dataclasses import dataclass

UNKNOWN_DEVICE = "unknown device"
UNKNOWN_NETWORK = "unknown"

_MAX_PRODUCT_LENGTH = 40
_IPV4_PREFIX = 24
_IPV6_PREFIX = 48
"""What a household or an office has; enough to recognise it, too little to follow somebody."""

_READ_CHARACTERS = 512
"""No browser's User-Agent is longer in what matters here."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""In this order: most browsers also call themselves Chrome or Safari."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a session was opened.

    Parameters
    ----------
    device
        Such as ``Firefox on Linux`` or ``curl``; printable ASCII.
    network
        The shortened address, such as ``203.0.113.0/24``.
    """

    device: str = UNKNOWN_DEVICE
    network: str = UNKNOWN_NETWORK


def describe_device(user_agent: str | None) -> str:
    """Describe a device by its User-Agent, which may be anything."""
    text = (user_agent or "")[:_READ_CHARACTERS]
    browser = next((name for mark, name in _BROWSERS if mark in text), None)
    if browser is None:
        product = _PRODUCT.match(text)
        return product[0][:_MAX_PRODUCT_LENGTH] if product else UNKNOWN_DEVICE
    system = next((name for mark, name in _SYSTEMS if mark in text), None)
    return f"{browser} on {system}" if system else browser


def shorten_address(address: str) -> str:
    """Give the network of an address; what is no address has none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN_NETWORK
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    length = _IPV4_PREFIX if parsed.version == 4 else _IPV6_PREFIX  # noqa: PLR2004 - the two versions there are
    return str(ipaddress.ip_network((int(parsed), length), strict=False))
