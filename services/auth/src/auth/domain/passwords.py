"""Passwords: their form, and how they are hashed."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 128
"""Characters; the bounds of NIST SP 800-63B with room above its 64."""

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
"""Memory, passes and lanes of argon2id: OWASP's Password Storage Cheat Sheet, second row of its equal choices."""

_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)


def hash_password(password: str) -> str:
    """Hash a password into its PHC string; takes tens of milliseconds and 19 MiB."""
    return _HASHER.hash(_normalized(password))


def is_outdated(password_hash: str) -> bool:
    """Say whether a hash, against which a password was just checked, was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def measure(password: str) -> int:
    """Count a new password's characters, in whichever of its forms it has fewer."""
    return min(len(password), len(_normalized(password)))


def matches(password_hash: str, password: str) -> bool:
    """Say whether the password is the one that was hashed; takes as long either way."""
    try:
        return _HASHER.verify(password_hash, _normalized(password))
    except (VerificationError, InvalidHashError):
        return False


def _normalized(password: str) -> str:
    # Keyboards write the same letter in several ways (NIST SP 800-63B, section 5.1.1.2).
    return unicodedata.normalize("NFKC", password)
