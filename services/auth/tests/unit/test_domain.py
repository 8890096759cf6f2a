from datetime import UTC, datetime
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from auth.domain.accounts import with_roles
from auth.domain.emails import EmailInvalidError, parse_email
from auth.domain.identity_signer import IdentitySigner
from auth.domain.names import NameInvalidError, parse_name
from auth.domain.passwords import hash_password, matches
from auth.domain.sessions import Authentication, Subject, find_session_hash, new_session_id


def _pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("JÖRG@example.com", "jo\u0308rg@example.com"),
        ("ａｎｎ@example.com", "ann@example.com"),
        ("ann@xn--exmple-cua.com", "ann@EXÄMPLE.com"),
        ("STRASSE@example.com", "straße@example.com"),
    ],
)
def test_two_ways_to_write_an_address_have_one_key(one: str, other: str) -> None:
    assert parse_email(one).key == parse_email(other).key


@pytest.mark.parametrize("one", ["ann@example.com", "ann@host.internal", "ann@localnet", "a.b+tag@example.test"])
def test_an_address_is_kept_as_it_was_given(one: str) -> None:
    assert parse_email(one).address == one


@pytest.mark.parametrize("text", ["", "@", "a b@example.com", "a@b@c", "ann@example..com", "x" * 300 + "@example.com"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(EmailInvalidError):
        parse_email(text)


def test_different_addresses_have_different_keys() -> None:
    assert parse_email("ann+shop@example.com").key != parse_email("ann@example.com").key


def test_a_name_loses_needless_blanks() -> None:
    assert parse_name("  Ann   Example ") == "Ann Example"


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "a\x00b", "a\u202eb", "a\u2028b", "x" * 81])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(NameInvalidError):
        parse_name(text)


def test_a_password_matches_itself_only_and_a_broken_hash_matches_nothing() -> None:
    hashed = hash_password("correct horse")
    assert matches(hashed, "correct horse")
    assert not matches(hashed, "Correct horse")
    assert not matches("$argon2id$broken", "correct horse")
    assert hashed != hash_password("correct horse")


def test_session_ids_are_long_different_and_kept_as_hashes() -> None:
    ids = {new_session_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert {len(each) for each in ids} == {43}
    assert len({find_session_hash(each) for each in ids}) == 1_000


@pytest.mark.parametrize("text", [None, "", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "é", "A" * 43 + "\n"])
def test_what_cannot_be_a_session_id_has_no_hash(text: str | None) -> None:
    assert find_session_hash(text) is None


def test_an_identity_is_signed_for_five_minutes() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    subject = Subject(id=UUID(int=1), kind="user", roles=("user", "reviewer"), name="Ann", revision=3)
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    authentication = Authentication(at=1_700_000_000, methods=("password", "totp"))
    signed = IdentitySigner(private_key_pem=_pem(key)).sign(
        subject, session_hash="ab" * 32, now=now, authentication=authentication
    )
    claims = jwt.decode(
        signed.token,
        key.public_key(),
        algorithms=["EdDSA"],
        audience="plugin-platform",
        issuer="plugin-platform/auth",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims == {
        "sub": str(UUID(int=1)),
        "kind": "user",
        "roles": ["user", "reviewer"],
        "name": "Ann",
        "sid": "ab" * 8,
        "authenticated_at": 1_700_000_000,
        "methods": ["password", "totp"],
        "organisations": [],
        "scopes": None,
        "iss": "plugin-platform/auth",
        "aud": "plugin-platform",
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + 300,
    }
    assert signed.expires_at == claims["exp"]


def test_a_key_of_another_kind_signs_nothing() -> None:
    with pytest.raises(TypeError):
        IdentitySigner(private_key_pem=_pem(ec.generate_private_key(ec.SECP256R1())))


def test_roles_unite_in_a_fixed_order_and_always_hold_user() -> None:
    assert with_roles((), ("administrator",)) == ("user", "administrator")
    assert with_roles(("user", "reviewer"), ("developer", "reviewer")) == ("user", "developer", "reviewer")
