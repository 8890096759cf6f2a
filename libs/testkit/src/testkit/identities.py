"""Identity tokens like those that auth signs, for tests of everything behind the gateway."""

from __future__ import annotations

import base64
import hashlib
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.identity import ALGORITHM, AUDIENCE, ISSUER, Membership


@dataclass(frozen=True)
class IdentityKeys:
    """An Ed25519 pair as PEM files, as the settings of services name them."""

    private_key_file: Path
    public_key_file: Path


def make_identity_keys(folder: Path) -> IdentityKeys:
    """Make a new pair in a folder."""
    key = Ed25519PrivateKey.generate()
    keys = IdentityKeys(folder / "identity-private.pem", folder / "identity-public.pem")
    keys.private_key_file.touch(mode=0o600)
    keys.private_key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public = key.public_key()
    keys.public_key_file.write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return keys


def make_second_factor_key(folder: Path) -> Path:
    """Make a file with a key that encrypts the secrets of one-time codes."""
    file = folder / "second-factor-key"
    file.touch(mode=0o600)
    file.write_text(base64.urlsafe_b64encode(os.urandom(32)).decode())
    return file


class TokenSigner:
    """Signs identity tokens with the private key of a pair; tests call it as ``token_for(...)``."""

    def __init__(self, keys: IdentityKeys) -> None:
        self._key = keys.private_key_file.read_bytes()

    def __call__(
        self,
        *,
        kind: Literal["user", "anonymous"] = "user",
        subject: uuid.UUID | str | None = None,
        roles: Sequence[str] | None = None,
        name: str = "Test Person",
        lifetime_seconds: int = 300,
        issued_seconds_ago: int = 0,
        authenticated_seconds_ago: int = 0,
        scopes: Sequence[str] | None = None,
        organisations: Sequence[Membership] = (),
    ) -> str:
        """Return a signed token.

        Parameters
        ----------
        kind
            ``user`` or ``anonymous``.
        subject
            The account's or anonymous owner's id; a new one where none is given.
        roles
            ``("user",)`` for a user and none for an anonymous visitor, unless given.
        lifetime_seconds, issued_seconds_ago
            Lifetime from the moment of issue; together they make an expired token.
        authenticated_seconds_ago
            How long ago the user proved who they are.
        scopes
            Of an API token.
        organisations
            What the user is in which.
        """
        chosen = subject if subject is not None else uuid.uuid4()
        default_roles = ("user",) if kind == "user" else ()
        issued_at = int(time.time()) - issued_seconds_ago
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(chosen),
            "kind": kind,
            "roles": list(default_roles if roles is None else roles),
            "authenticated_at": issued_at - authenticated_seconds_ago if kind == "user" else 0,
            "scopes": None if scopes is None else list(scopes),
            "organisations": [each.model_dump(mode="json") for each in organisations],
            "name": name if kind == "user" else "",
            "sid": hashlib.sha256(str(chosen).encode()).hexdigest()[:16],
            "iat": issued_at,
            "exp": issued_at + lifetime_seconds,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def headers(self, **claims: object) -> dict[str, str]:
        """Return the header with which the gateway hands a token to a service."""
        return {"x-identity": self(**claims)}  # type: ignore[arg-type]  # the same keywords as __call__
