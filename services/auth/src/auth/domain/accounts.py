"""What an account is."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from contracts.identity import Membership, Role

ROLES: tuple[Role, ...] = get_args(Role)
"""All roles, in the order in which they are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user of the platform.

    Parameters
    ----------
    public_name
        What others see: the developer's display name where there is one, else `name`.
    roles
        Always with ``user``; in the order of `ROLES`.
    revision
        Raised whenever what an identity token says of the account changes.
    is_email_verified
        Whether its owner has shown to read mails to the address.
    """

    id: UUID
    email: str
    name: str
    public_name: str
    roles: tuple[Role, ...]
    revision: int
    organisations: tuple[Membership, ...] = ()
    is_email_verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeveloperProfile:
    """Who publishes.

    Parameters
    ----------
    id
        The account's id.
    """

    id: UUID
    display_name: str
    website: str | None
    registered_at: datetime


def with_roles(roles: tuple[Role, ...], more: tuple[Role, ...]) -> tuple[Role, ...]:
    """Unite roles, in their order."""
    wanted = {"user", *roles, *more}
    return tuple(role for role in ROLES if role in wanted)


def leaves_none(administrators: frozenset[UUID], *, user_id: UUID, wanted: tuple[Role, ...]) -> bool:
    """Say whether nobody would be administrator if an account had these roles."""
    return administrators == {user_id} and "administrator" not in wanted
