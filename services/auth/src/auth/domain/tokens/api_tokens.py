"""API tokens: secrets of which only hashes are kept, with less right than their account."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.api_tokens import BASE62, SECRET_LENGTH, TokenKind, assemble_token
from contracts.identity import Role
from contracts.policy import Needs
from contracts.scopes import action_of, rules_for

MAX_TOKENS = 50
"""Of an account, those of trusted publishing apart."""

MAX_NAME_LENGTH = 80
MAX_SCOPES = 20
MAX_SOURCE_RANGES = 20
MAX_DAYS = 365
DEFAULT_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token without its secret.

    Parameters
    ----------
    source_ranges
        Networks from which it may be used, as CIDR; none means any.
    last_used_at, last_used_network
        To five minutes; None where it never was.
    """

    id: UUID
    user_id: UUID
    kind: TokenKind
    name: str
    scopes: tuple[str, ...]
    source_ranges: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    last_used_network: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that was just made, and its secret, which is never shown again."""

    token: ApiToken
    secret: str


def new_secret(kind: TokenKind) -> str:
    """Draw an unguessable token."""
    return assemble_token(kind, "".join(secrets.choice(BASE62) for _ in range(SECRET_LENGTH)))


def is_usable_by(scope: str, roles: tuple[Role, ...]) -> bool:
    """Say whether an account of these roles could do anything with a scope."""
    action = action_of(scope)
    return action is not None and any(
        rule.needs in {Needs.ANYONE, Needs.IDENTITY} or rule.needs.value in {"user", *roles}
        for rule in rules_for(action)
    )
