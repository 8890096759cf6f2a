"""Signing of identity tokens."""

from dataclasses import dataclass
from datetime import datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from auth.domain.sessions import NOBODY, Authentication, Subject, hash_prefix
from contracts.identity import ALGORITHM, MAX_TOKEN_LIFE_SECONDS, IdentityClaims


@dataclass(frozen=True, slots=True)
class SignedIdentity:
    """An identity token.

    Parameters
    ----------
    token
        The JWT.
    expires_at
        Seconds since the epoch.
    """

    token: str
    expires_at: int


class IdentitySigner:
    """Signs identity tokens with the platform's private key, which nobody else holds.

    Parameters
    ----------
    private_key_pem
        Ed25519 private key in PEM, not encrypted.

    Raises
    ------
    TypeError
        It is a key of another kind.
    """

    def __init__(self, *, private_key_pem: bytes) -> None:
        key = load_pem_private_key(private_key_pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("the identity private key is not an Ed25519 key")
        self._key = key

    def sign(
        self,
        subject: Subject,
        *,
        session_hash: str,
        now: datetime,
        authentication: Authentication = NOBODY,
        scopes: tuple[str, ...] | None = None,
        ends_at: datetime | None = None,
    ) -> SignedIdentity:
        """Sign what is true of a subject now; the token lives for five minutes, or until `ends_at` if that is sooner.

        Parameters
        ----------
        session_hash
            Of the session, or of the API token whose `scopes` these are.
        """
        issued_at = int(now.timestamp())
        expires_at = issued_at + MAX_TOKEN_LIFE_SECONDS
        if ends_at is not None:
            expires_at = min(expires_at, int(ends_at.timestamp()))
        claims = IdentityClaims(
            sub=subject.id,
            kind=subject.kind,
            roles=subject.roles,
            name=subject.name,
            sid=hash_prefix(session_hash),
            authenticated_at=authentication.at,
            methods=authentication.methods,
            scopes=scopes,
            organisations=subject.organisations,
            iat=issued_at,
            exp=expires_at,
        )
        token = jwt.encode(claims.model_dump(mode="json"), self._key, algorithm=ALGORITHM)
        return SignedIdentity(token, claims.exp)
