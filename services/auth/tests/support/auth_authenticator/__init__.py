"""A security key in software: ES256, attestation ``none``, a counter (WebAuthn level 3, section 6)."""

import hashlib
import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT = 0x01
_ATTESTED = 0x40


class SecurityKey:
    """Answers challenges as a browser with a key would.

    Parameters
    ----------
    origin
        Where the browser is.
    """

    def __init__(self, origin: str = "http://127.0.0.1:8080", *, counts: bool = True) -> None:
        self.origin = origin
        self.sign_count = 0
        self.flags = USER_PRESENT
        self.id = os.urandom(32)
        self._counts = counts
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.create``."""
        numbers = self._key.public_key().public_numbers()
        public_key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(public_key)
        data = self._data(options["rp"]["id"], self.flags | _ATTESTED) + credential
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            {
                "clientDataJSON": _text(self._client_data("webauthn.create", options["challenge"])),
                "attestationObject": _text(cbor2.dumps(attestation)),
                "transports": ["usb", "a transport of the future"],
            }
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.get``."""
        self.sign_count += self._counts
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._data(options["rpId"], self.flags)
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": _text(client_data),
                "authenticatorData": _text(data),
                "signature": _text(signature),
                "userHandle": None,
            }
        )

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": _text(self.id),
            "rawId": _text(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }

    def _client_data(self, kind: str, challenge: str) -> bytes:
        assert len(urlsafe_b64decode(challenge + "==")) == 32
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.sign_count)


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
