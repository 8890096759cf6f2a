"""Device login: a program without a browser asks, a person elsewhere permits (RFC 8628)."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from auth.domain.devices import Origin

USER_CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels, so that no code is a word, and without digits (RFC 8628, section 6.1)."""

USER_CODE_LENGTH = 8
CODE_LIFE_SECONDS = 600
INTERVAL_SECONDS = 5
"""Pause between two questions of a device; one that asks sooner has to pause this much longer."""

_DEVICE_CODE_BYTES = 32
_DEVICE_CODE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_USER_CODE = re.compile(rf"[{USER_CODE_ALPHABET}]{{{USER_CODE_LENGTH}}}", re.ASCII)


class DeviceState(StrEnum):
    """How far a login is."""

    PENDING = "pending"
    HASTY = "hasty"
    DENIED = "denied"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """What a device asks for, and from where."""

    client_name: str
    scopes: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PolledLogin:
    """What a device that asks is told; who permitted it, and what, once somebody has."""

    state: DeviceState
    account_id: UUID | None = None
    request: DeviceRequest | None = None


def new_device_code() -> str:
    """Draw the device's secret: 43 characters of base64url."""
    return secrets.token_urlsafe(_DEVICE_CODE_BYTES)


def new_user_code() -> str:
    """Draw what the person types: about 35 bits, enough for ten minutes in which guesses are limited."""
    return "".join(secrets.choice(USER_CODE_ALPHABET) for _ in range(USER_CODE_LENGTH))


def show_user_code(user_code: str) -> str:
    """Write a code as people read it: ``BCDF-GHJK``."""
    half = USER_CODE_LENGTH // 2
    return f"{user_code[:half]}-{user_code[half:]}"


def read_user_code(text: str) -> str | None:
    """Read a code as people type it; None for what is none."""
    code = re.sub(r"[\s-]", "", text).upper()
    return code if _USER_CODE.fullmatch(code) else None


def is_device_code(text: str) -> bool:
    """Say whether a text may be a device's secret."""
    return _DEVICE_CODE.fullmatch(text) is not None


def code_hash(code: str) -> str:
    """Give the hash under which a code is kept."""
    return hashlib.sha256(code.encode("ascii")).hexdigest()
