"""Passwords and keys of one stack: generated once, each in a file that only its owner reads."""

from __future__ import annotations

import base64
import os
import secrets as randomness
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_local.accounts import make_folder, own, write_private
from platform_local.postgres_roles import SERVICE_ROLES


@dataclass(frozen=True)
class Secrets:
    """The secrets of one stack; values where a program takes a value, paths where it takes a file.

    Parameters
    ----------
    postgres_admin
        Password of the superuser ``postgres``.
    postgres_roles
        Password of each service's role.
    internal_token_file, identity_private_key_file, identity_public_key_file
        Files that services read themselves (Ed25519 keys as PEM).
    second_factor_key_file
        The key that encrypts the secrets of one-time codes.
    administrator_password_file, reviewer_password_file
        Passwords of the first two accounts.
    """

    postgres_admin: str
    postgres_roles: Mapping[str, str]
    redis: str
    s3_access_key_id: str
    s3_secret_access_key: str
    internal_token_file: Path
    identity_private_key_file: Path
    identity_public_key_file: Path
    second_factor_key_file: Path
    administrator_password_file: Path
    reviewer_password_file: Path


def ensure_secrets(folder: Path, user: str | None) -> Secrets:
    """Read the stack's secrets, generating those that are missing.

    Parameters
    ----------
    folder
        Where they are kept, one file each, mode 0600.
    user
        The system user whose programs read them; None for the current one.
    """
    make_folder(folder, user, mode=0o700)

    def kept(name: str, make: Callable[[], str]) -> Path:
        path = folder / name
        if path.exists():
            own(path, user)
            return path
        return write_private(path, make(), user)

    def password(name: str) -> Path:
        return kept(name, lambda: randomness.token_urlsafe(24))

    private_key = kept("identity-private.pem", _new_private_key)
    return Secrets(
        postgres_admin=password("postgres-admin").read_text(),
        postgres_roles={role: password(f"postgres-{role}").read_text() for role in SERVICE_ROLES},
        redis=password("redis").read_text(),
        s3_access_key_id=kept("s3-access-key-id", lambda: f"local{randomness.token_hex(8)}").read_text(),
        s3_secret_access_key=password("s3-secret-access-key").read_text(),
        internal_token_file=password("internal-token"),
        identity_private_key_file=private_key,
        identity_public_key_file=kept("identity-public.pem", lambda: _public_key(private_key)),
        second_factor_key_file=kept("second-factor-key", lambda: base64.urlsafe_b64encode(os.urandom(32)).decode()),
        administrator_password_file=password("administrator-password"),
        reviewer_password_file=password("reviewer-password"),
    )


def _new_private_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_key(private_key: Path) -> str:
    key = serialization.load_pem_private_key(private_key.read_bytes(), password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
