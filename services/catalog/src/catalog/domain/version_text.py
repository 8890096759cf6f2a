"""The version that stands in an address."""

from catalog.domain.errors import VersionInvalidError
from contracts.versions import InvalidVersionError, parse_version

LATEST = "latest"


def check_version_text(text: str) -> None:
    """Let ``latest`` and well-formed versions pass.

    Raises
    ------
    VersionInvalidError
        It is neither.
    """
    if text == LATEST:
        return
    try:
        parse_version(text)
    except InvalidVersionError as error:
        raise VersionInvalidError(str(error)) from error
