"""Whose plugins are: an account's, or an organisation's of which accounts are members."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.identity import IdentityClaims, Membership
from contracts.policy import Ownership, ownership

OwnerKind = Literal["account", "organisation"]

TRANSFER_DAYS = 14


@dataclass(frozen=True, slots=True)
class Owner:
    """An account or an organisation."""

    kind: OwnerKind
    id: UUID

    def relation(self, caller: IdentityClaims) -> Ownership:
        """Say what a thing of this owner is to a caller."""
        return ownership(caller, account=self.account, organisation=self.organisation)

    @property
    def account(self) -> UUID | None:
        """The id where it is an account."""
        return self.id if self.kind == "account" else None

    @property
    def organisation(self) -> UUID | None:
        """The id where it is an organisation."""
        return self.id if self.kind == "organisation" else None

    def public_name(self, caller: IdentityClaims) -> str | None:
        """Give the name under which the owner publishes, as far as the caller's identity tells."""
        if self.kind == "account":
            return caller.name if caller.sub == self.id else None
        found = find_membership(caller, self.id)
        return None if found is None else found.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A plugin that one owner offers to another; the other has to accept."""

    id: UUID
    plugin_id: str
    giver: Owner
    giver_name: str
    receiver: Owner
    offered_by: UUID
    created_at: datetime
    expires_at: datetime


def find_membership(caller: IdentityClaims, organisation_id: UUID) -> Membership | None:
    """Give what a caller is in an organisation."""
    return next((each for each in caller.organisations if each.id == organisation_id), None)


def owners_of(caller: IdentityClaims) -> list[UUID]:
    """Give the ids of the owners for whom a caller may act or look: the account and its organisations."""
    return [caller.sub, *(each.id for each in caller.organisations)]
