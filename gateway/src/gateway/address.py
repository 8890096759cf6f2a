"""Which addresses are taken at all: those that the gateway, its cache and every service read alike.

What differs between parsers (dot segments, empty segments, encoded slashes, path parameters, needless encoding) is how
caches are poisoned and access rules are walked around, so it is refused instead of being normalised.
"""

import re
from urllib.parse import unquote_to_bytes

from gateway.errors import AddressInvalidError, AddressTooLongError

MAX_PATH_LENGTH = 1_024
MAX_QUERY_LENGTH = 8_192
"""Characters; the longest address of the API stays below a fifth of these."""

_PATH = re.compile(r"/|(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+)+")
"""RFC 3986 path of non-empty segments, without ';'."""

_QUERY = re.compile(r"[!-~]*")
_NEEDLESS = re.compile(rb"[A-Za-z0-9._~/\\%;\x00-\x1f\x7f-]")
"""Bytes that have no business behind a percent sign: unreserved, separators, control characters."""

_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")


def check_address(path: str, query: str) -> None:
    """Refuse an address that is not in normal form.

    Parameters
    ----------
    path, query
        As they came, still encoded.

    Raises
    ------
    AddressInvalidError, AddressTooLongError
        A retry of the same address is refused again.
    """
    if len(path) > MAX_PATH_LENGTH:
        raise AddressTooLongError(f"the path is longer than {MAX_PATH_LENGTH} characters")
    if len(query) > MAX_QUERY_LENGTH:
        raise AddressTooLongError(f"the query is longer than {MAX_QUERY_LENGTH} characters")
    if not _PATH.fullmatch(path):
        raise AddressInvalidError("the path has an empty segment or a character that must be encoded")
    if "/." in path and any(segment in {".", ".."} for segment in path.split("/")):
        raise AddressInvalidError("the path has a '.' or '..' segment")
    if "%" in path:
        _check_encoding(path)
    if not _QUERY.fullmatch(query):
        raise AddressInvalidError("the query has a character that must be encoded")


def _check_encoding(path: str) -> None:
    for code in _ENCODED.findall(path):
        if _NEEDLESS.match(bytes.fromhex(code)):
            raise AddressInvalidError(f"the path has %{code}, which is either needless or refused")
    try:
        unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise AddressInvalidError("the path is not UTF-8") from error
