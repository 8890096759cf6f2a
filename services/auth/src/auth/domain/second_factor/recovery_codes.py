"""Recovery codes: for who has lost every other second factor; each works once."""

import base64
import hashlib
import re
import secrets
from uuid import UUID

CODES = 10
MAX_TYPED_LENGTH = 64

_CODE_BYTES = 10
_GROUP = 4
_IGNORED = re.compile(r"[\s-]+")


def new_recovery_codes() -> list[str]:
    """Draw ten codes of 80 random bits each, written in groups such as ``mfzw-6zlt-ovrt-4ulq``."""
    return [_written(base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()) for _ in range(CODES)]


def recovery_code_hash(code: str, *, user_id: UUID) -> bytes:
    """Give the hash under which an account's code is kept, however the code was typed.

    A plain hash is enough for 80 random bits; the account in it keeps one search from serving all accounts.
    """
    return hashlib.sha256(user_id.bytes + _IGNORED.sub("", code).lower().encode()).digest()


def _written(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))
