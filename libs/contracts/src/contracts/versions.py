"""Semantic versions: parsing and an order that PostgreSQL, OpenSearch and Python share.

Precedence follows Semantic Versioning 2.0.0, section 11. Build metadata (``+…``) is refused, because two
versions that differ only there would have equal precedence and so could not both be published.
"""

from semver import Version

MAX_VERSION_LENGTH = 64
"""Characters; the longest version that a listing shows without breaking."""

_DIGITS = 10
"""Digits of a numeric part at most; the sort key pads to this width."""


class InvalidVersionError(ValueError):
    """The text is no semantic version that this platform accepts."""


def parse_version(text: str) -> Version:
    """Parse a semantic version.

    Parameters
    ----------
    text
        Such as ``1.2.3`` or ``2.0.0-rc.1``; at most `MAX_VERSION_LENGTH` characters.

    Raises
    ------
    InvalidVersionError
        The text is not such a version, has build metadata, or a numeric part above ten digits.
    """
    if len(text) > MAX_VERSION_LENGTH or not text.isascii():
        raise InvalidVersionError(f"a version has at most {MAX_VERSION_LENGTH} ASCII characters")
    try:
        version = Version.parse(text)
    except ValueError as error:
        raise InvalidVersionError(f"{text!r} is not a semantic version such as 1.2.3") from error
    if version.build is not None:
        raise InvalidVersionError("build metadata ('+…') is not part of a published version")
    parts = [str(version.major), str(version.minor), str(version.patch), *(version.prerelease or "").split(".")]
    if any(part.isdigit() and len(part) > _DIGITS for part in parts):
        raise InvalidVersionError(f"a numeric part has at most {_DIGITS} digits")
    return version


def sort_key(text: str) -> str:
    """Give a text whose byte order (``COLLATE "C"``) is the precedence of versions.

    A release sorts after its pre-releases (``~`` is above ``-``); numeric identifiers sort below others
    (``0`` prefix against ``1``); a shorter list of equal identifiers sorts first (the separator is a blank, below
    every permitted character).

    Raises
    ------
    InvalidVersionError
        As `parse_version`.
    """
    version = parse_version(text)
    core = ".".join(f"{part:0{_DIGITS}}" for part in (version.major, version.minor, version.patch))
    if version.prerelease is None:
        return core + "~"
    identifiers = (
        f"0{int(part):0{_DIGITS}}" if part.isdigit() else f"1{part}" for part in version.prerelease.split(".")
    )
    return core + "-" + " ".join(identifiers)


def is_prerelease(text: str) -> bool:
    """Say whether the version is a pre-release, which is never a default choice while a release exists."""
    return parse_version(text).prerelease is not None
