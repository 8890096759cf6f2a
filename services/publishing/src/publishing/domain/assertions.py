"""Verification of identity tokens that other platforms sign (JWT, OpenID Connect)."""

from collections.abc import Iterable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from contracts.trusted_publishing import LEEWAY_SECONDS, MAX_ASSERTION_LIFE_SECONDS, MAX_JTI_LENGTH
from publishing.domain.trusted_publishing import Assertion, TrustedIssuer
from publishing.domain.trusted_publishing_errors import AssertionRefusedError

MAX_ASSERTION_LENGTH = 8_192
_MIN_RSA_BITS = 2_048
_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
"""By the key's own type and curve: what the token says of itself decides nothing."""

_REQUIRED = ["iss", "aud", "exp", "iat", "jti", "sub"]


def find_issuer(token: str, issuers: Iterable[TrustedIssuer]) -> tuple[TrustedIssuer, str]:
    """Give the issuer that a token claims to be of, and the id of the key that it claims to be signed by.

    Raises
    ------
    AssertionRefusedError
        It is no token, or of nobody who is trusted.
    """
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        stated = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError) as error:
        raise AssertionRefusedError("it is not a JSON Web Token") from error
    issuer = next((each for each in issuers if each.url == stated), None)
    if issuer is None:
        raise AssertionRefusedError("its issuer is not trusted here")
    if not isinstance(key_id, str) or not key_id:
        raise AssertionRefusedError("it does not name its key")
    return issuer, key_id


def verify(token: str, *, issuer: TrustedIssuer, key: Mapping[str, Any], now: float) -> Assertion:
    """Verify a token's signature, issuer, audience and times.

    Parameters
    ----------
    key
        The issuer's key (JWK) that the token names.
    now
        Seconds since the epoch.

    Raises
    ------
    AssertionRefusedError
        Something is wrong; the detail says what, without quoting the token.
    """
    algorithm = _ALGORITHMS.get((str(key.get("kty")), key.get("crv")))
    if algorithm is None or key.get("alg", algorithm) != algorithm or key.get("use", "sig") != "sig":
        raise AssertionRefusedError("its key is not of a kind that is taken: RS256, ES256, EdDSA")
    try:
        public_key = jwt.PyJWK(dict(key), algorithm=algorithm).key
        if isinstance(public_key, RSAPublicKey) and public_key.key_size < _MIN_RSA_BITS:
            raise AssertionRefusedError(f"its key has fewer than {_MIN_RSA_BITS} bits")
        claims: dict[str, Any] = jwt.decode(
            token,
            key=public_key,
            algorithms=[algorithm],
            audience=issuer.audience,
            issuer=issuer.url,
            options={
                "require": _REQUIRED,
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise AssertionRefusedError(f"its signature or its claims are wrong ({type(error).__name__})") from error
    return _checked(claims, issuer, now)


def _checked(claims: Mapping[str, Any], issuer: TrustedIssuer, now: float) -> Assertion:
    expires_at, issued_at = claims["exp"], claims["iat"]
    not_before = claims.get("nbf", issued_at)
    if any(type(moment) is not int for moment in (expires_at, issued_at, not_before)):
        raise AssertionRefusedError("its times are not whole seconds")
    if expires_at + LEEWAY_SECONDS <= now:
        raise AssertionRefusedError("it has expired")
    if max(issued_at, not_before) - LEEWAY_SECONDS > now:
        raise AssertionRefusedError("it is not valid yet")
    if not 0 < expires_at - issued_at <= MAX_ASSERTION_LIFE_SECONDS:
        raise AssertionRefusedError("it lives for more than an hour")
    jti = claims["jti"]
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_LENGTH or not jti.isprintable():
        raise AssertionRefusedError("it has no name of its own (jti)")
    return Assertion(issuer=issuer, jti=jti, expires_at=expires_at, claims=claims)
