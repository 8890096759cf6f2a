"""How secrets that must be read again are kept: encrypted by a key that is not in the database."""

import base64
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class SecretBox:
    """AES-256-GCM, bound to the account: a secret that was copied to another account's row opens no more.

    Parameters
    ----------
    keys
        Lines of base64url with 32 bytes each. The first seals, all open: that is how a key is replaced.

    Raises
    ------
    ValueError
        There is no key, or one is of another length; it is not quoted.
    """

    def __init__(self, keys: str) -> None:
        try:
            raw = [base64.urlsafe_b64decode(line) for line in keys.split()]
        except ValueError:
            raw = []
        if not raw or any(len(key) != KEY_BYTES for key in raw):
            raise ValueError(f"the second factor's key file has to hold lines of {KEY_BYTES} bytes in base64url")
        self._ciphers = [AESGCM(key) for key in raw]

    def seal(self, secret: str, *, user_id: UUID) -> bytes:
        """Encrypt an account's secret."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, secret.encode(), user_id.bytes)

    def open(self, sealed: bytes, *, user_id: UUID) -> str:
        """Decrypt an account's secret.

        Raises
        ------
        ValueError
            No key opens it, or it is another account's.
        """
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, content, user_id.bytes).decode()
            except InvalidTag:
                continue
        raise ValueError("no key opens this secret; is SECOND_FACTOR_KEY_FILE the one that sealed it?")
