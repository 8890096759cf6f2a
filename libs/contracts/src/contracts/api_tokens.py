"""API tokens as text: a prefix that scanners recognise, a secret, and a checksum that tells a mistake from a token.

::

    pp_api_ + 30 characters of base62 (178 random bits) + 6 characters of base62: CRC-32 of all that stands before

``pp_api_`` is made by hand, ``pp_dev_`` by a device login, ``pp_ci_`` for trusted publishing. The form is GitHub's:
https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
"""

import hashlib
import ipaddress
import re
import zlib
from collections.abc import Iterable
from typing import Literal

TokenKind = Literal["api", "dev", "ci"]

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_LENGTH = 30
CHECKSUM_LENGTH = 6
_TOKEN = re.compile(rf"pp_(?:api|dev|ci)_[0-9A-Za-z]{{{SECRET_LENGTH + CHECKSUM_LENGTH}}}", re.ASCII)
_PREFIX = re.compile(r"pp_(?:api|dev|ci)_", re.ASCII)


def assemble_token(kind: TokenKind, secret: str) -> str:
    """Write a token: prefix, secret (`SECRET_LENGTH` characters of base62), checksum."""
    text = f"pp_{kind}_{secret}"
    return text + _checksum(text)


def means_token(text: str) -> bool:
    """Say whether a text is meant as a token, sound or not: no session id begins so (but one in 2^42)."""
    return _PREFIX.match(text) is not None


def is_token(text: str) -> bool:
    """Say whether a text has the form of a token and its checksum is right."""
    return _TOKEN.fullmatch(text) is not None and text[-CHECKSUM_LENGTH:] == _checksum(text[:-CHECKSUM_LENGTH])


def token_hash(token: str) -> str:
    """Give the SHA-256 under which a token is kept, 64 hex digits; it has too many random bits to be guessed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def permits_address(ranges: Iterable[str], address: str) -> bool:
    """Say whether a token with these ranges (CIDR; none means any) may be used from a network address."""
    networks = [ipaddress.ip_network(each) for each in ranges]
    if not networks:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)


def _checksum(text: str) -> str:
    rest = zlib.crc32(text.encode("ascii"))
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(BASE62))
        digits = BASE62[digit] + digits
    return digits
