"""Identity tokens that are not what auth signs (RFC 8725), and clocks that differ."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import jwt
import pytest

from chassis.errors import UnauthenticatedError
from chassis.identity import CLOCK_LEEWAY_SECONDS, IdentityVerifier
from contracts.identity import ALGORITHM, AUDIENCE, ISSUER
from testkit.identities import IdentityKeys, make_identity_keys

NOW = 1_800_000_000


class _Clock:
    def now(self) -> datetime:
        return datetime.fromtimestamp(NOW, UTC)


@pytest.fixture
def verifier(identity_keys: IdentityKeys) -> IdentityVerifier:
    return IdentityVerifier(public_key_pem=identity_keys.public_key_file.read_bytes(), clock=_Clock())


def _claims(**changes: Any) -> dict[str, Any]:
    sound = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(uuid.uuid4()), "kind": "user", "roles": ["user"]}
    times = {"iat": NOW - 10, "exp": NOW + 290}
    return {name: value for name, value in {**sound, **times, **changes}.items() if value is not None}


@pytest.fixture
def sign(identity_keys: IdentityKeys) -> Callable[..., str]:
    key = identity_keys.private_key_file.read_text()
    return lambda **changes: jwt.encode(_claims(**changes), key, algorithm=ALGORITHM)


def _by_hand(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    signed = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(sign(signed.encode()))}"


def _hmac(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, text, hashlib.sha256)


def test_a_sound_token_is_taken(verifier: IdentityVerifier, sign: Callable[..., str]) -> None:
    assert verifier.verify(sign()).kind == "user"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-platform"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": None},
        {"iat": None},
        {"sub": "1"},
        {"sub": None},
        {"kind": "service"},
        {"kind": None},
        {"roles": ["emperor"]},
        {"nbf": 4_000_000_000},
        {"exp": NOW - CLOCK_LEEWAY_SECONDS - 1, "iat": NOW - 400},
        {"iat": NOW + CLOCK_LEEWAY_SECONDS + 1, "exp": NOW + 300},
    ],
    ids=str,
)
def test_a_token_of_other_claims_is_refused(
    verifier: IdentityVerifier, sign: Callable[..., str], changes: dict[str, Any]
) -> None:
    with pytest.raises(UnauthenticatedError):
        verifier.verify(sign(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - CLOCK_LEEWAY_SECONDS + 1, "iat": NOW - 400},
        {"iat": NOW + CLOCK_LEEWAY_SECONDS - 1, "exp": NOW + 300},
    ],
    ids=["expired half a minute ago", "issued in half a minute"],
)
def test_clocks_may_differ_by_half_a_minute(
    verifier: IdentityVerifier, sign: Callable[..., str], changes: dict[str, Any]
) -> None:
    assert verifier.verify(sign(**changes)).kind == "user"


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
def test_an_unsigned_token_is_refused(verifier: IdentityVerifier, name: str) -> None:
    with pytest.raises(UnauthenticatedError):
        verifier.verify(_by_hand({"alg": name, "typ": "JWT"}, _claims(), lambda _: b""))


@pytest.mark.parametrize("name", ["HS256", ALGORITHM])
def test_the_public_key_is_no_shared_secret(verifier: IdentityVerifier, identity_keys: IdentityKeys, name: str) -> None:
    public_key = identity_keys.public_key_file.read_bytes()
    for secret in (public_key, public_key.strip()):
        token = _by_hand({"alg": name}, _claims(), partial(_hmac, secret))
        with pytest.raises(UnauthenticatedError):
            verifier.verify(token)


def test_another_key_is_refused_whatever_the_header_says_of_it(verifier: IdentityVerifier, tmp_path: Path) -> None:
    foreign = make_identity_keys(tmp_path)
    named = {"jku": "https://evil.example/keys", "kid": "../../dev/null", "jwk": {"kty": "oct", "k": ""}}
    token = jwt.encode(_claims(), foreign.private_key_file.read_text(), algorithm=ALGORITHM, headers=named)
    with pytest.raises(UnauthenticatedError):
        verifier.verify(token)
