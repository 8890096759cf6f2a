from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis.errors import ServiceUnavailableError
from contracts.trusted_publishing import LEEWAY_SECONDS
from publishing.clients.issuer_keys import FRESH_SECONDS, KEPT_SECONDS, PAUSE_SECONDS, IssuerKeys
from publishing.clients.outbound import MAX_ANSWER_BYTES, Outbound
from publishing.domain.assertions import find_issuer, verify
from publishing.domain.trusted_publishing import TrustedIssuer
from publishing.domain.trusted_publishing_errors import AssertionRefusedError
from testkit.issuer import Issuer, public_jwk, running_issuer

ALGORITHMS = ("RS256", "ES256", "EdDSA")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        for algorithm in ALGORITHMS:
            issuer.new_key(algorithm, algorithm)
        yield issuer


@pytest.fixture(scope="module")
def trusted(issuer: Issuer) -> TrustedIssuer:
    return TrustedIssuer(**issuer.settings())


def _jwk(issuer: Issuer, key_id: str = "first", **changes: Any) -> dict[str, Any]:
    algorithm, key = issuer.keys[key_id]
    return {**public_jwk(key, algorithm, key_id), **changes}


def _refused(token: str, trusted: TrustedIssuer, key: dict[str, Any], *, now: float | None = None) -> str:
    with pytest.raises(AssertionRefusedError) as refusal:
        verify(token, issuer=trusted, key=key, now=time.time() if now is None else now)
    assert token not in refusal.value.detail
    return refusal.value.detail


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_sound_assertion_is_taken(issuer: Issuer, trusted: TrustedIssuer, algorithm: str) -> None:
    token = issuer.token(algorithm, jti="one")
    assert find_issuer(token, [trusted]) == (trusted, algorithm)
    assertion = verify(token, issuer=trusted, key=_jwk(issuer, algorithm), now=time.time())
    assert (assertion.jti, assertion.claims["repository_id"]) == ("one", "1001")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else"},
        {"aud": ["plugin-platform-of-a-test", "somebody-else"]},
        {"iss": "https://elsewhere.example"},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 256},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"exp": "soon"},
        {"iat": True},
        {"nbf": 1.5},
        {"exp": int(time.time()) + 7_200},
    ],
)
def test_wrong_claims_are_refused(issuer: Issuer, trusted: TrustedIssuer, changes: dict[str, Any]) -> None:
    claims = issuer.claims(**changes)
    algorithm, key = issuer.keys["first"]
    _refused(_encode_anything(claims, algorithm, key), trusted, _jwk(issuer))


def _encode_anything(claims: dict[str, Any], algorithm: str, key: Any) -> str:
    """Sign what the library itself would refuse to."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm=algorithm, headers={"kid": "first"})


def test_times_are_held_to_within_the_leeway(issuer: Issuer, trusted: TrustedIssuer) -> None:
    now = int(time.time())
    token = issuer.token(iat=now, nbf=now, exp=now + 60)
    key = _jwk(issuer)
    for moment in (now - LEEWAY_SECONDS, now, now + 60 + LEEWAY_SECONDS - 1):
        assert verify(token, issuer=trusted, key=key, now=moment).expires_at == now + 60
    assert "not valid yet" in _refused(token, trusted, key, now=now - LEEWAY_SECONDS - 1)
    assert "expired" in _refused(token, trusted, key, now=now + 60 + LEEWAY_SECONDS)
    later = issuer.token(iat=now, nbf=now + 120, exp=now + 600)
    assert "not valid yet" in _refused(later, trusted, key, now=now)


def test_no_other_key_or_algorithm_is_taken(issuer: Issuer, trusted: TrustedIssuer) -> None:
    claims = issuer.claims()
    _refused(jwt.encode(claims, "", algorithm="none", headers={"kid": "first"}), trusted, _jwk(issuer))
    _refused(issuer.token("RS256"), trusted, _jwk(issuer, "ES256"))
    _refused(issuer.token("ES256"), trusted, _jwk(issuer, "first"))  # another key of the same kind
    for changes in ({"alg": "ES384"}, {"use": "enc"}, {"kty": "oct"}, {"crv": "P-384"}, {"x": "AA"}, {"x": None}):
        _refused(issuer.token(), trusted, _jwk(issuer, **changes))
    stronger = jwt.encode(claims, issuer.keys["RS256"][1], algorithm="RS512", headers={"kid": "RS256"})
    _refused(stronger, trusted, _jwk(issuer, "RS256"))


def test_a_public_key_is_no_shared_secret(issuer: Issuer, trusted: TrustedIssuer) -> None:
    public = issuer.keys["RS256"][1].public_key()
    written = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = _part({"alg": "HS256", "typ": "JWT", "kid": "RS256"}) + b"." + _part(issuer.claims())
    signature = base64.urlsafe_b64encode(hmac.digest(written, head, hashlib.sha256)).rstrip(b"=")
    _refused((head + b"." + signature).decode(), trusted, _jwk(issuer, "RS256"))


def _part(content: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=")


def test_a_short_key_is_refused(issuer: Issuer, trusted: TrustedIssuer) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert "bits" in _refused(issuer.token(), trusted, public_jwk(key, "RS256", "short"))


def test_the_issuer_and_the_key_have_to_be_named(issuer: Issuer, trusted: TrustedIssuer) -> None:
    algorithm, key = issuer.keys["first"]
    for token in (
        "nonsense",
        "a.b.c",
        issuer.token(iss="https://elsewhere.example"),
        issuer.token(iss=None),
        jwt.encode(issuer.claims(), key, algorithm=algorithm),
    ):
        with pytest.raises(AssertionRefusedError):
            find_issuer(token, [trusted])


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_keys_are_fetched_when_they_are_needed_and_once_a_minute() -> None:
    clock = Clock()
    with running_issuer() as issuer:
        trusted = TrustedIssuer(**issuer.settings())
        outbound = Outbound()
        keys = IssuerKeys(outbound=outbound, monotonic=clock)
        try:
            for _ in range(3):
                assert await keys.find(trusted, "first")
                assert await keys.find(trusted, "second") is None
            assert issuer.requests == 1
            issuer.new_key("second")
            clock.now += PAUSE_SECONDS
            assert await keys.find(trusted, "second")
            assert await keys.find(trusted, "third") is None
            assert issuer.requests == 2
            del issuer.keys["first"]
            clock.now += FRESH_SECONDS + 1
            assert await keys.find(trusted, "second")
            assert await keys.find(trusted, "first") is None  # the issuer has withdrawn it
            assert issuer.requests == 3
            issuer.answer = (500, b"")
            clock.now += FRESH_SECONDS + 1
            assert await keys.find(trusted, "second")
            clock.now += KEPT_SECONDS
            with pytest.raises(ServiceUnavailableError):
                await keys.find(trusted, "second")
        finally:
            await outbound.close()


@pytest.mark.parametrize(
    "answer",
    [
        (302, b""),
        (404, b"{}"),
        (200, b"nonsense"),
        (200, b"[]"),
        (200, b'{"keys": [1]}'),
        (200, b"x" * (MAX_ANSWER_BYTES + 1)),
    ],
)
async def test_what_is_no_list_of_keys_is_as_good_as_none(answer: tuple[int, bytes]) -> None:
    with running_issuer() as issuer:
        issuer.answer = answer
        outbound = Outbound()
        keys = IssuerKeys(outbound=outbound)
        try:
            for _ in range(2):
                with pytest.raises(ServiceUnavailableError):
                    await keys.find(TrustedIssuer(**issuer.settings()), "first")
        finally:
            await outbound.close()
        assert issuer.requests == 1  # not followed, not repeated
