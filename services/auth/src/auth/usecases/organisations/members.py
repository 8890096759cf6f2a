"""Who is in an organisation, and as what."""

from collections.abc import Sequence
from uuid import UUID

from auth.domain.audit import Action
from auth.domain.organisation_errors import LastOwnerError, MemberNotFoundError
from auth.domain.organisations import Member, Organisation
from auth.storage.connection import Connection
from auth.storage.organisations.members import (
    count_owners,
    find_role,
    list_members,
    raise_revisions,
    remove_member,
    set_member,
)
from auth.usecases.organisations.gate import Gate, Request
from auth.usecases.organisations.rights import Rights, record
from contracts.identity import OrganisationRole


class Members:
    """Lists and changes members. There is always an owner: the organisation's row is locked meanwhile.

    Parameters
    ----------
    gate
        Lets through who may.
    rights
        Rewrites sessions.
    """

    def __init__(self, *, gate: Gate, rights: Rights) -> None:
        self._gate = gate
        self._rights = rights

    async def show(self, request: Request) -> Sequence[Member]:
        """List the members, those of longest standing first; raises as `Gate.change`."""
        async with self._gate.read(request) as (connection, own):
            return await list_members(connection, own.organisation.id)

    async def change(self, request: Request, *, member: UUID, role: OrganisationRole) -> None:
        """Give a member another role; a retry is safe.

        Raises
        ------
        MemberNotFoundError
            The account is no member.
        LastOwnerError
            Nobody else is owner.
        OrganisationNotFoundError, OrganisationRoleError
            See `Gate.change`.
        ServiceUnavailableError
            See `Rights.rewrite`.
        """
        async with self._gate.change(request) as (connection, own):
            organisation = own.organisation
            former = await find_role(connection, organisation_id=organisation.id, user_id=member)
            if former is None:
                raise MemberNotFoundError(f"{member} is no member of {organisation.slug!r}")
            if former != role:
                await set_member(connection, organisation_id=organisation.id, user_id=member, role=role)
                await _check_owner(connection, organisation)
                await raise_revisions(connection, [member])
                await record(
                    connection,
                    Action.MEMBER_CHANGED,
                    organisation,
                    user_id=request.user_id,
                    caller=request.caller,
                    before={"role": former},
                    after={"role": role},
                    member=member,
                )
        await self._rights.rewrite([member])

    async def remove(self, request: Request, *, member: UUID) -> None:
        """Take a member out, or nobody: a retry is safe, and completes what an outage left undone.

        Raises
        ------
        LastOwnerError
            Nobody else is owner.
        OrganisationNotFoundError, OrganisationRoleError
            See `Gate.change`.
        ServiceUnavailableError
            See `Rights.rewrite`.
        """
        async with self._gate.change(request) as (connection, own):
            organisation = own.organisation
            former = await find_role(connection, organisation_id=organisation.id, user_id=member)
            if former is not None:
                await remove_member(connection, organisation_id=organisation.id, user_id=member)
                await _check_owner(connection, organisation)
                await raise_revisions(connection, [member])
                await record(
                    connection,
                    Action.MEMBER_LEFT if member == request.user_id else Action.MEMBER_REMOVED,
                    organisation,
                    user_id=request.user_id,
                    caller=request.caller,
                    before={"role": former},
                    member=member,
                )
        await self._rights.rewrite([member])


async def _check_owner(connection: Connection, organisation: Organisation) -> None:
    if await count_owners(connection, organisation.id) == 0:
        raise LastOwnerError(f"nobody else is owner of {organisation.slug!r}")
