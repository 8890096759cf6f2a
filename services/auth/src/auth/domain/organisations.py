"""Organisations: several accounts that publish under one name."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from auth.domain.accounts import Account
from contracts.identity import OrganisationRole

ORGANISATION_ROLES: tuple[OrganisationRole, ...] = get_args(OrganisationRole)

MAX_ORGANISATIONS = 50
"""Of one account: each stands in every identity token of its members."""

MAX_MEMBERS = 200
INVITATION_DAYS = 14

SLUG_PATTERN = r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$"
SLUG_MIN_LENGTH = 2
SLUG_MAX_LENGTH = 40
RESERVED_SLUGS = frozenset(
    {"about", "account", "accounts", "admin", "administrator", "api", "audit", "auth", "billing", "developer", "help",
     "invitations", "login", "me", "members", "membership", "new", "null", "official", "organisation", "organisations",
     "platform", "plugins", "review", "root", "search", "security", "settings", "staff", "status", "support", "system",
     "undefined", "user", "users"}
)  # fmt: skip
"""Words of addresses, and names under which somebody could speak for the platform."""

_SLUG = re.compile(SLUG_PATTERN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation; `slug` stands in addresses and never changes, `name` is what everybody sees."""

    id: UUID
    slug: str
    name: str
    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OwnOrganisation:
    """An organisation, and what the account that asks is there."""

    organisation: Organisation
    role: OrganisationRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account in an organisation, under its public name."""

    user_id: UUID
    name: str
    role: OrganisationRole
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A role that waits for whoever has an address."""

    id: UUID
    organisation: Organisation
    email: str
    role: OrganisationRole
    invited_by: UUID
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """An account that has a role in an organisation now."""

    account: Account
    own: OwnOrganisation


def is_slug(text: str) -> bool:
    """Say whether an organisation may be called so in addresses."""
    return (
        SLUG_MIN_LENGTH <= len(text) <= SLUG_MAX_LENGTH
        and _SLUG.fullmatch(text) is not None
        and text not in RESERVED_SLUGS
    )
