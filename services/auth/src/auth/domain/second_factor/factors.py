"""Which second factors an account has, and what somebody presents for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

SecondMethod = Literal["totp", "webauthn", "recovery-code"]

MAX_SECURITY_KEYS = 10


@dataclass(frozen=True, slots=True)
class SecondProof:
    """What somebody presents.

    Parameters
    ----------
    value
        The code as it was typed, or the signed answer of a security key as JSON; it may be anything.
    """

    method: SecondMethod
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityKey:
    """A WebAuthn credential.

    Parameters
    ----------
    credential_id
        What the authenticator calls it.
    public_key
        As COSE key.
    sign_count
        Of its last signature; 0 where the authenticator does not count.
    transports
        How browsers reach it, as they told.
    """

    id: UUID
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What an account has; a factor that waits for its confirmation is none yet.

    Parameters
    ----------
    totp_since
        When one-time codes were confirmed; None where there are none.
    recovery_codes
        How many are left.
    """

    totp_since: datetime | None
    security_keys: Sequence[SecurityKey]
    recovery_codes: int

    @property
    def is_on(self) -> bool:
        """Whether signing in takes a second factor."""
        return self.totp_since is not None or bool(self.security_keys)

    @property
    def methods(self) -> tuple[SecondMethod, ...]:
        """What may be presented."""
        if not self.is_on:
            return ()
        offered: list[SecondMethod] = []
        if self.totp_since is not None:
            offered.append("totp")
        if self.security_keys:
            offered.append("webauthn")
        if self.recovery_codes:
            offered.append("recovery-code")
        return tuple(offered)
