"""Sessions: opaque ids, of which only hashes are kept, and the subject whose rights they carry."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from auth.domain.accounts import Account
from contracts.identity import Kind, Membership, Method, Role

_ID_BYTES = 32
_ID = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in base64url without padding."""

_PREFIX_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long sessions live, and how many there are.

    Parameters
    ----------
    ttl_seconds
        How long a session lives without being used.
    max_life_seconds
        How long an account's session lives at most, however much it is used; a visitor's has no such end, since it is
        the only way to what the visitor owns.
    max_sessions
        How many sessions an account has at most.
    """

    ttl_seconds: int
    max_life_seconds: int
    max_sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who a session stands for.

    Parameters
    ----------
    revision
        The account's; 0 for an anonymous visitor, of whom nothing can change.
    """

    id: UUID
    kind: Kind
    roles: tuple[Role, ...] = ()
    name: str = ""
    revision: int = 0
    organisations: tuple[Membership, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """That a session's holder proved who they are. It never changes: who proves it again gets another session id.

    Parameters
    ----------
    at
        When, in seconds since the epoch; 0 where nobody did.
    methods
        How.
    """

    at: int
    methods: tuple[Method, ...]


NOBODY = Authentication(at=0, methods=())
"""The authentication of a visitor."""


def authenticated(now: datetime, *methods: Method) -> Authentication:
    """Say that somebody has just proved who they are."""
    return Authentication(at=int(now.timestamp()), methods=tuple(dict.fromkeys(methods)))


def subject_of(account: Account) -> Subject:
    """Give the subject of an account's sessions."""
    return Subject(
        id=account.id,
        kind="user",
        roles=account.roles,
        name=account.public_name,
        revision=account.revision,
        organisations=account.organisations,
    )


def new_session_id() -> str:
    """Draw an unguessable session id: 43 characters of base64url."""
    return secrets.token_urlsafe(_ID_BYTES)


def find_session_hash(session_id: str | None) -> str | None:
    """Give the hash under which a session is kept (64 hex digits); None for what cannot be a session id.

    A plain hash is enough, since the id has 256 random bits.
    """
    if session_id is None or _ID.fullmatch(session_id) is None:
        return None
    return hashlib.sha256(session_id.encode("ascii")).hexdigest()


def hash_prefix(session_hash: str) -> str:
    """Give the part of the hash that names a session in tokens and in the audit: 16 hex digits."""
    return session_hash[:_PREFIX_DIGITS]
