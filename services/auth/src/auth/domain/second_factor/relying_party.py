"""WebAuthn as this platform speaks it: options for browsers, and the check of what comes back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    UserVerificationRequirement,
)

from auth.domain.second_factor.factors import SecurityKey

NAME = "Plugin Platform"
CHALLENGE_SECONDS = 300
_TIMEOUT_MILLISECONDS = CHALLENGE_SECONDS * 1_000
_TRANSPORTS = {transport.value: transport for transport in AuthenticatorTransport}


class SecurityKeyRefusedError(Exception):
    """What a browser sent is not the answer of a security key to this challenge at this address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecurityKey:
    """What is kept of a registration."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


class RelyingParty:
    """Makes options and checks answers.

    Parameters
    ----------
    origin
        Such as ``https://plugins.example.org``: what browsers show. It comes from the settings, never from a request.
    rp_id
        The domain that keys are bound to; the origin's host where empty. Keys of another one are lost.
    """

    def __init__(self, *, origin: str, rp_id: str) -> None:
        self._origin = origin.rstrip("/")
        self._rp_id = rp_id or urlsplit(origin).hostname or ""

    def registration_options(
        self, *, user_id: UUID, account: str, present: Sequence[SecurityKey], challenge: bytes
    ) -> dict[str, Any]:
        """Give what ``navigator.credentials.create`` takes; keys that the account has are left out."""
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=NAME,
            user_id=user_id.bytes,
            user_name=account,
            challenge=challenge,
            timeout=_TIMEOUT_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                user_verification=UserVerificationRequirement.PREFERRED
            ),
            exclude_credentials=_descriptors(present),
        )
        return _json(webauthn.options_to_json(options))

    def authentication_options(self, *, present: Sequence[SecurityKey], challenge: bytes) -> dict[str, Any]:
        """Give what ``navigator.credentials.get`` takes."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=_TIMEOUT_MILLISECONDS,
            allow_credentials=_descriptors(present),
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return _json(webauthn.options_to_json(options))

    def check_registration(self, answer: str, *, challenge: bytes) -> NewSecurityKey:
        """Read a new key.

        Raises
        ------
        SecurityKeyRefusedError
            It answers another challenge, comes from another address, or is of no known form.
        """
        try:
            verified = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
            )
        except (WebAuthnException, ValueError) as error:
            raise SecurityKeyRefusedError(str(error)) from error
        return NewSecurityKey(
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            transports=_told_transports(answer),
        )

    def check_assertion(self, answer: str, *, key: SecurityKey, challenge: bytes) -> int:
        """Check a key's signature and give its new count.

        Raises
        ------
        SecurityKeyRefusedError
            As `check_registration`; or the key's count did not rise, as that of a copy would not.
        """
        try:
            verified = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=key.public_key,
                credential_current_sign_count=key.sign_count,
            )
        except (WebAuthnException, ValueError) as error:
            raise SecurityKeyRefusedError(str(error)) from error
        return verified.new_sign_count


def find_used_key(answer: str, present: Sequence[SecurityKey]) -> SecurityKey | None:
    """Give the account's key that an answer says it is of."""
    try:
        credential_id = webauthn.base64url_to_bytes(json.loads(answer)["rawId"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return next((key for key in present if key.credential_id == credential_id), None)


def _descriptors(present: Sequence[SecurityKey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=key.credential_id, transports=[_TRANSPORTS[name] for name in key.transports if name in _TRANSPORTS]
        )
        for key in present
    ]


def _told_transports(answer: str) -> tuple[str, ...]:
    told = json.loads(answer)["response"].get("transports")
    return tuple(name for name in _TRANSPORTS if isinstance(told, list) and name in told)


def _json(text: str) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(text)
    return options
