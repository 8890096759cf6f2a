"""E-mail addresses: which are accepted, and when two of them are the same account."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

MAX_EMAIL_LENGTH = 254
"""Characters; the longest forward path of RFC 5321 without its angle brackets."""


class EmailInvalidError(ValueError):
    """The text is not an e-mail address; the message says why, for its sender."""


@dataclass(frozen=True, slots=True)
class Email:
    """An address.

    Parameters
    ----------
    address
        As it is shown and written to.
    key
        Equal for addresses that differ only in case or in the way Unicode writes the same text: two accounts never
        share one.
    """

    address: str
    key: str


def parse_email(text: str) -> Email:
    """Read an address.

    Its domain need not be reachable from here, nor public: a self-hosted platform may stand behind ``host.internal``.

    Raises
    ------
    EmailInvalidError
        It is not of the form of RFC 5322 and RFC 6532.
    """
    if len(text) > MAX_EMAIL_LENGTH:
        raise EmailInvalidError(f"an e-mail address has at most {MAX_EMAIL_LENGTH} characters")
    try:
        found = validate_email(
            text, strict=True, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise EmailInvalidError(str(error)) from error
    # Full-width and other compatibility letters look like the plain ones, so they count as the same.
    key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", found.normalized).casefold())
    return Email(found.normalized, key)
