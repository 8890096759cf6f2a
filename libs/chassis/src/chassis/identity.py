"""Verification of identity tokens; who may do what is decided in `chassis.authorisation`."""

from collections import OrderedDict
from typing import Annotated, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import Depends, Request
from pydantic import ValidationError

from chassis.clock import Clock
from chassis.errors import UnauthenticatedError
from contracts.identity import (
    ALGORITHM,
    AUDIENCE,
    IDENTITY_HEADER,
    ISSUER,
    RECENT_AUTHENTICATION_SECONDS,
    IdentityClaims,
)

_CACHED_TOKENS = 10_000
"""Verified tokens kept; a signature check costs about 155 µs, a hit 1 µs (design, section 6)."""

CLOCK_LEEWAY_SECONDS = 30
"""Clocks of two hosts may differ by this much."""


class IdentityVerifier:
    """Verifies identity tokens by auth's public key and remembers those it has verified.

    Parameters
    ----------
    public_key_pem
        Ed25519 public key in PEM.
    clock
        Source of the present.
    """

    def __init__(self, *, public_key_pem: bytes, clock: Clock) -> None:
        key = load_pem_public_key(public_key_pem)
        if not isinstance(key, Ed25519PublicKey):
            raise TypeError("the identity public key is not an Ed25519 key")
        self._key = key
        self._clock = clock
        self._verified: OrderedDict[str, IdentityClaims] = OrderedDict()

    def verify(self, token: str) -> IdentityClaims:
        """Give the claims of a sound, unexpired token.

        Raises
        ------
        UnauthenticatedError
            Signature, issuer, audience, form or time is wrong.
        """
        claims = self._verified.get(token)
        if claims is None:
            claims = self._decode(token)
            self._verified[token] = claims
            if len(self._verified) > _CACHED_TOKENS:
                self._verified.popitem(last=False)
        now = self._clock.now().timestamp()
        if claims.exp + CLOCK_LEEWAY_SECONDS < now or claims.iat - CLOCK_LEEWAY_SECONDS > now:
            self._verified.pop(token, None)
            raise UnauthenticatedError("the identity token is expired, or of a time to come")
        return claims

    def is_recent(self, claims: IdentityClaims) -> bool:
        """Say whether the caller proved who they are a short while ago."""
        return claims.authenticated_at + RECENT_AUTHENTICATION_SECONDS >= self._clock.now().timestamp()

    def _decode(self, token: str) -> IdentityClaims:
        try:
            content: dict[str, Any] = jwt.decode(
                token,
                key=self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "aud", "iss"], "verify_exp": False, "verify_iat": False},
            )
            return IdentityClaims.model_validate(content)
        except (jwt.PyJWTError, ValidationError, ValueError) as error:
            raise UnauthenticatedError("the identity token is not valid") from error


async def find_identity(request: Request) -> IdentityClaims | None:
    """Give the caller, None for a visitor without identity. The application state holds the verifier."""
    token = request.headers.get(IDENTITY_HEADER)
    if token is None:
        return None
    verifier: IdentityVerifier = request.app.state.identity_verifier
    return verifier.verify(token)


MaybeIdentity = Annotated[IdentityClaims | None, Depends(find_identity)]
