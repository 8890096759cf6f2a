"""An organisation asks somebody to join, who accepts or declines.

Whether an address has an account, nobody learns: an invitation waits for whoever has it, and says nothing until it is
accepted.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from auth.domain.audit import Action, ActorKind, Target
from auth.domain.emails import Email
from auth.domain.errors import SessionEndedError
from auth.domain.limits import INVITATION_ACCOUNT, INVITATION_TOTAL, Use
from auth.domain.organisation_errors import InvitationNotFoundError, OrganisationLimitError
from auth.domain.organisations import MAX_MEMBERS, MAX_ORGANISATIONS, Invitation, Organisation, OwnOrganisation
from auth.domain.sessions import subject_of
from auth.storage.accounts import find_account, find_account_locked
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.limits.limiter import Limiter
from auth.storage.organisations.invitations import (
    find_invitation_for,
    invite,
    list_invitations,
    list_invitations_for,
    take_invitation,
)
from auth.storage.organisations.members import (
    count_members,
    count_memberships,
    find_role,
    raise_revisions,
    set_member,
)
from auth.storage.organisations.organisations import lock_organisation
from auth.usecases.caller import Caller
from auth.usecases.organisations.gate import Gate, Request
from auth.usecases.organisations.manage import Entered
from auth.usecases.organisations.rights import Rights, record
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database
from contracts.identity import OrganisationRole


class Invite:
    """The organisation's side.

    Parameters
    ----------
    gate
        Lets through who may.
    limiter
        Counts invitations.
    """

    def __init__(self, *, gate: Gate, limiter: Limiter) -> None:
        self._gate = gate
        self._limiter = limiter

    async def create(self, request: Request, *, email: Email, role: OrganisationRole) -> Invitation:
        """Invite whoever has an address; a repeat replaces the invitation.

        Raises
        ------
        RateLimitedError
            The account invited too many of late.
        OrganisationNotFoundError, OrganisationRoleError
            See `Gate.change`.
        """
        await self._limiter.take(
            Use(limit=INVITATION_ACCOUNT, key=str(request.user_id)),
            Use(limit=INVITATION_TOTAL),
            report=request.caller.standings,
        )
        async with self._gate.change(request) as (connection, own):
            invitation = await invite(
                connection,
                own.organisation,
                invitation_id=uuid4(),
                email=email,
                role=role,
                invited_by=request.user_id,
            )
            await _record(connection, Action.MEMBER_INVITED, invitation.organisation, request, invitation.id, role)
        return invitation

    async def show(self, request: Request) -> Sequence[Invitation]:
        """List what waits for an answer, oldest first; raises as `Gate.change`."""
        async with self._gate.read(request) as (connection, own):
            return await list_invitations(connection, own.organisation.id)

    async def withdraw(self, request: Request, invitation_id: UUID) -> None:
        """Withdraw an invitation. Whichever comes first counts: this, or its answer.

        Raises
        ------
        InvitationNotFoundError
            It is answered, withdrawn or expired.
        OrganisationNotFoundError, OrganisationRoleError
            See `Gate.change`.
        """
        async with self._gate.change(request) as (connection, own):
            organisation = own.organisation
            role = await take_invitation(connection, organisation_id=organisation.id, invitation_id=invitation_id)
            if role is None:
                raise InvitationNotFoundError(f"no invitation {invitation_id} waits for an answer")
            await _record(connection, Action.INVITATION_WITHDRAWN, organisation, request, invitation_id, role)


class AnswerInvitation:
    """The side of who is invited.

    Parameters
    ----------
    database
        Where invitations are.
    sessions
        Gives the session that gains rights another id.
    rights
        Rewrites the others.
    confirmed
        Whether only who confirmed their address is invited by it: else whoever registers it first would be.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer, rights: Rights, confirmed: bool) -> None:
        self._confirmed = confirmed
        self._database = database
        self._sessions = sessions
        self._rights = rights

    async def list_own(self, user_id: UUID) -> Sequence[Invitation]:
        """List what waits for an account's answer, oldest first."""
        async with self._database.read() as connection:
            return await list_invitations_for(connection, user_id, confirmed=self._confirmed)

    async def accept(self, *, user_id: UUID, invitation_id: UUID, caller: Caller) -> Entered:
        """Join. Who is a member already keeps the role they have. A retry is refused as not found.

        Raises
        ------
        InvitationNotFoundError
            It is another's, answered, withdrawn or expired.
        OrganisationLimitError
            The account is in too many organisations, or the organisation has too many members.
        SessionEndedError
            The session that asks is over, or its account gone.
        """
        former = await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.transaction() as connection:
            organisation, role = await self._take(connection, user_id, invitation_id)
            if await find_account_locked(connection, user_id) is None:
                raise SessionEndedError("the account of this session does not exist")
            present = await find_role(connection, organisation_id=organisation.id, user_id=user_id)
            if present is None:
                await _check_room(connection, organisation, user_id)
                await set_member(connection, organisation_id=organisation.id, user_id=user_id, role=role)
                await raise_revisions(connection, [user_id])
                await record(
                    connection,
                    Action.MEMBER_JOINED,
                    organisation,
                    user_id=user_id,
                    caller=caller,
                    after={"role": role},
                    member=user_id,
                )
            account = await find_account(connection, user_id)
            assert account is not None  # noqa: S101 - its row is locked
            session = await self._sessions.rotate(former, subject_of(account))
        await self._rights.rewrite_others(account)
        return Entered(OwnOrganisation(organisation, present or role), session)

    async def decline(self, *, user_id: UUID, invitation_id: UUID, caller: Caller) -> None:
        """Decline. The organisation learns that somebody did, not which account it was.

        Raises
        ------
        InvitationNotFoundError
            It is another's, answered, withdrawn or expired.
        """
        async with self._database.transaction() as connection:
            organisation, role = await self._take(connection, user_id, invitation_id)
            await append_audit(
                connection,
                Action.INVITATION_DECLINED,
                user_id=user_id,
                address=caller.address,
                target=Target("invitation", str(invitation_id)),
                before={"role": role},
            )
            await append_audit(
                connection,
                Action.INVITATION_DECLINED,
                user_id=None,
                address=None,
                actor=(ActorKind.VISITOR, None),
                target=Target("organisation", str(organisation.id)),
                before={"role": role, "invitation": str(invitation_id)},
            )

    async def _take(
        self, connection: Connection, user_id: UUID, invitation_id: UUID
    ) -> tuple[Organisation, OrganisationRole]:
        found = await find_invitation_for(connection, user_id, invitation_id, confirmed=self._confirmed)
        # The organisation's row first, as everywhere, so that changes of it wait for each other instead of for ever.
        organisation = None if found is None else await lock_organisation(connection, found.organisation.slug)
        role = None
        if organisation is not None:
            role = await take_invitation(connection, organisation_id=organisation.id, invitation_id=invitation_id)
        if organisation is None or role is None:
            raise InvitationNotFoundError(f"no invitation {invitation_id} waits for your answer")
        return organisation, role


async def _check_room(connection: Connection, organisation: Organisation, user_id: UUID) -> None:
    if await count_members(connection, organisation.id) >= MAX_MEMBERS:
        raise OrganisationLimitError(f"an organisation has {MAX_MEMBERS} members at most")
    if await count_memberships(connection, user_id) >= MAX_ORGANISATIONS:
        raise OrganisationLimitError(f"an account is in {MAX_ORGANISATIONS} organisations at most")


async def _record(
    connection: Connection,
    action: Action,
    organisation: Organisation,
    request: Request,
    invitation_id: UUID,
    role: OrganisationRole,
) -> None:
    after: dict[str, object] = {"role": role, "invitation": str(invitation_id)}
    await record(connection, action, organisation, user_id=request.user_id, caller=request.caller, after=after)
