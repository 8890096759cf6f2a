"""Secrets that are sent by mail: used once, over soon, kept as a hash."""

import hashlib
import secrets
from enum import StrEnum

TOKEN_BYTES = 32
MAX_TOKEN_LENGTH = 100
"""Characters that are looked at; ours have 43."""


class TokenPurpose(StrEnum):
    """What a token is for; one for the one is nothing for the other."""

    VERIFICATION = "verification"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of a purpose


LIFE_SECONDS = {TokenPurpose.VERIFICATION: 24 * 60 * 60, TokenPurpose.PASSWORD_RESET: 30 * 60}
REGISTRATION_LIFE_SECONDS = 24 * 60 * 60


def new_mail_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_mail_token(token: str) -> bytes:
    """Give the hash under which a token is kept; of so many random bits it needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
