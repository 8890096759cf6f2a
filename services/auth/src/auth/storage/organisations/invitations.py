"""Rows of `organisation_invitations`: one for each address, gone when it is answered, withdrawn or found expired."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.emails import Email
from auth.domain.organisations import INVITATION_DAYS, Invitation, Organisation
from contracts.identity import OrganisationRole

_COLUMNS = (
    "i.id AS invitation_id, i.email, i.role, i.invited_by, i.created_at AS invited_at, i.expires_at,"
    " o.id, o.slug, o.name, o.revision, o.created_at"
)
_JOINED = f"SELECT {_COLUMNS} FROM organisation_invitations i JOIN organisations o ON o.id = i.organisation_id"  # noqa: S608 - ours
_OF_ORGANISATION = text(
    f"{_JOINED} WHERE i.organisation_id = :organisation_id AND i.expires_at > now() ORDER BY i.created_at, i.id"
)
# Whose an invitation is, the account's address says at this moment.
_FOR_ACCOUNT = f"{_JOINED} JOIN users u ON u.email_key = i.email_key WHERE u.id = :user_id AND i.expires_at > now()"
_FOR_ACCOUNT += " AND (u.email_verified_at IS NOT NULL OR NOT CAST(:confirmed AS boolean))"
_LIST_FOR = text(f"{_FOR_ACCOUNT} ORDER BY i.created_at, i.id")
_FIND_FOR = text(f"{_FOR_ACCOUNT} AND i.id = :id")
_INVITE = text(
    "INSERT INTO organisation_invitations (id, organisation_id, email, email_key, role, invited_by, expires_at)"
    " VALUES (:id, :organisation_id, :email, :email_key, :role, :invited_by, now() + make_interval(days => :days))"
    " ON CONFLICT (organisation_id, email_key) DO UPDATE SET id = excluded.id, role = excluded.role,"
    " invited_by = excluded.invited_by, created_at = now(), expires_at = excluded.expires_at"
    " RETURNING created_at, expires_at"
)
_TAKE = text(
    "DELETE FROM organisation_invitations WHERE id = :id AND organisation_id = :organisation_id"
    " AND expires_at > now() RETURNING role"
)


async def invite(
    connection: AsyncConnection,
    organisation: Organisation,
    *,
    invitation_id: UUID,
    email: Email,
    role: OrganisationRole,
    invited_by: UUID,
) -> Invitation:
    """Write an invitation; it replaces a former one of the address."""
    values = {
        "id": invitation_id,
        "organisation_id": organisation.id,
        "email": email.address,
        "email_key": email.key,
        "role": role,
        "invited_by": invited_by,
        "days": INVITATION_DAYS,
    }
    row = (await connection.execute(_INVITE, values)).one()
    return Invitation(
        id=invitation_id,
        organisation=organisation,
        email=email.address,
        role=role,
        invited_by=invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


async def list_invitations(connection: AsyncConnection, organisation_id: UUID) -> Sequence[Invitation]:
    """List what an organisation's invited have not answered, oldest first."""
    found = await connection.execute(_OF_ORGANISATION, {"organisation_id": organisation_id})
    return [_invitation(row) for row in found]


async def list_invitations_for(connection: AsyncConnection, user_id: UUID, *, confirmed: bool) -> Sequence[Invitation]:
    """List what waits for an account's answer, oldest first; `confirmed` asks for an address that was confirmed."""
    values = {"user_id": user_id, "confirmed": confirmed}
    return [_invitation(row) for row in await connection.execute(_LIST_FOR, values)]


async def find_invitation_for(
    connection: AsyncConnection, user_id: UUID, invitation_id: UUID, *, confirmed: bool
) -> Invitation | None:
    """Read an invitation of an account; as `list_invitations_for`."""
    values = {"user_id": user_id, "id": invitation_id, "confirmed": confirmed}
    row = (await connection.execute(_FIND_FOR, values)).one_or_none()
    return None if row is None else _invitation(row)


async def take_invitation(
    connection: AsyncConnection, *, organisation_id: UUID, invitation_id: UUID
) -> OrganisationRole | None:
    """Use an invitation up and give its role; None where somebody did so before, or it is expired."""
    values = {"id": invitation_id, "organisation_id": organisation_id}
    role: OrganisationRole | None = (await connection.execute(_TAKE, values)).scalar_one_or_none()
    return role


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        id=row.invitation_id,
        organisation=Organisation(
            id=row.id, slug=row.slug, name=row.name, revision=row.revision, created_at=row.created_at
        ),
        email=row.email,
        role=row.role,
        invited_by=row.invited_by,
        created_at=row.invited_at,
        expires_at=row.expires_at,
    )
