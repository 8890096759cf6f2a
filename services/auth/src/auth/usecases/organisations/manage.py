"""Organisations are made, shown, renamed and deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from auth.domain.audit import Action
from auth.domain.errors import SessionEndedError
from auth.domain.organisation_errors import OrganisationLimitError, OrganisationSlugTakenError
from auth.domain.organisations import MAX_ORGANISATIONS, Organisation, OwnOrganisation
from auth.domain.sessions import subject_of
from auth.storage.accounts import find_account, find_account_locked
from auth.storage.connection import Connection
from auth.storage.organisations.members import count_memberships, list_members, raise_revisions, set_member
from auth.storage.organisations.organisations import (
    delete_organisation,
    insert_organisation,
    list_organisations_of,
    next_organisation_sequence,
    rename_organisation,
)
from auth.usecases.caller import Caller
from auth.usecases.organisations.gate import Gate, Request
from auth.usecases.organisations.rights import Rights, record
from auth.usecases.session_issuer import OpenedSession, SessionIssuer
from chassis.clock import Clock
from chassis.db import Database
from chassis.errors import RevisionMismatchError
from chassis.outbox import append_event
from contracts.events.organisations import OrganisationDeleted, OrganisationRenamed


@dataclass(frozen=True, slots=True)
class Entered:
    """An organisation that an account is in now, and the session under its new id."""

    own: OwnOrganisation
    session: OpenedSession


class Organisations:
    """Organisations as a whole.

    Parameters
    ----------
    database
        Where they are.
    sessions
        Gives the session that gains rights another id.
    gate
        Lets through who may.
    rights
        Rewrites sessions.
    clock
        Dates events.
    """

    def __init__(
        self, *, database: Database, sessions: SessionIssuer, gate: Gate, rights: Rights, clock: Clock
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._gate = gate
        self._rights = rights
        self._clock = clock

    async def create(self, *, user_id: UUID, slug: str, name: str, caller: Caller) -> Entered:
        """Make an organisation whose owner is the caller. A retry after a lost answer is refused as taken.

        Raises
        ------
        OrganisationSlugTakenError
            Another one has it, or had it.
        OrganisationLimitError
            The account is in too many.
        SessionEndedError
            The session that asks is over, or its account gone.
        """
        former = await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.transaction() as connection:
            if await find_account_locked(connection, user_id) is None:
                raise SessionEndedError("the account of this session does not exist")
            if await count_memberships(connection, user_id) >= MAX_ORGANISATIONS:
                raise OrganisationLimitError(f"an account is in {MAX_ORGANISATIONS} organisations at most")
            made = await insert_organisation(connection, organisation_id=uuid4(), slug=slug, name=name)
            if made is None:
                raise OrganisationSlugTakenError(f"the slug {slug!r} is or was another organisation's")
            await set_member(connection, organisation_id=made.id, user_id=user_id, role="owner")
            await raise_revisions(connection, [user_id])
            after: dict[str, object] = {"slug": slug, "name": name, "role": "owner"}
            await record(connection, Action.ORGANISATION_CREATED, made, user_id=user_id, caller=caller, after=after)
            account = await find_account(connection, user_id)
            assert account is not None  # noqa: S101 - its row is locked
            # More rights, another id: whoever learnt the former one has gained nothing.
            session = await self._sessions.rotate(former, subject_of(account))
        await self._rights.rewrite_others(account)
        return Entered(OwnOrganisation(made, "owner"), session)

    async def list_own(self, user_id: UUID) -> Sequence[OwnOrganisation]:
        """List the organisations that an account is in, by slug."""
        async with self._database.read() as connection:
            return await list_organisations_of(connection, user_id)

    async def show(self, request: Request) -> OwnOrganisation:
        """Give one of the account's organisations; raises as `Gate.change`."""
        async with self._gate.read(request) as (_, own):
            return own

    async def rename(self, request: Request, *, name: str, permitted: frozenset[int] | None) -> OwnOrganisation:
        """Give it another name, which everybody sees; the same name again changes nothing, so a retry is safe.

        Its plugins take the name a moment later, by an event.

        Raises
        ------
        RevisionMismatchError
            It changed since the caller read it.
        OrganisationNotFoundError, OrganisationRoleError
            See `Gate.change`.
        ServiceUnavailableError
            See `Rights.rewrite`.
        """
        async with self._gate.change(request) as (connection, own):
            present = own.organisation
            if permitted is not None and present.revision not in permitted:
                raise RevisionMismatchError(f"the organisation is at revision {present.revision}")
            members = [member.user_id for member in await list_members(connection, present.id)]
            renamed = present if present.name == name else await self._rename(connection, request, present, name)
            if renamed is not present:
                await raise_revisions(connection, members)
        await self._rights.rewrite(members)
        return OwnOrganisation(renamed, own.role)

    async def _rename(self, connection: Connection, request: Request, present: Organisation, name: str) -> Organisation:
        await record(
            connection,
            Action.ORGANISATION_RENAMED,
            present,
            user_id=request.user_id,
            caller=request.caller,
            before={"name": present.name},
            after={"name": name},
        )
        event = OrganisationRenamed(organisation_id=present.id, name=name, renamed_at=self._clock.now())
        await _state(connection, event)
        return await rename_organisation(connection, present.id, name=name)

    async def delete(self, request: Request) -> None:
        """End it for all its members; its plugins go to the caller, by an event. A retry is refused as not found.

        Raises
        ------
        OrganisationNotFoundError, OrganisationRoleError
            See `Gate.change`.
        ServiceUnavailableError
            See `Rights.rewrite`.
        """
        async with self._gate.change(request) as (connection, own):
            members = [member.user_id for member in await list_members(connection, own.organisation.id)]
            heir = await find_account(connection, request.user_id)
            assert heir is not None  # noqa: S101 - a member leaves, and an account goes, under the organisation's lock
            await _state(
                connection,
                OrganisationDeleted(
                    organisation_id=own.organisation.id,
                    heir_id=heir.id,
                    heir_name=heir.public_name,
                    deleted_at=self._clock.now(),
                ),
            )
            await record(
                connection,
                Action.ORGANISATION_DELETED,
                own.organisation,
                user_id=request.user_id,
                caller=request.caller,
                before={"slug": own.organisation.slug, "name": own.organisation.name},
            )
            await delete_organisation(connection, own.organisation.id)
            await raise_revisions(connection, members)
        await self._rights.rewrite(members)


async def _state(connection: Connection, event: OrganisationRenamed | OrganisationDeleted) -> None:
    sequence = await next_organisation_sequence(connection, event.organisation_id)
    await append_event(connection, data=event, key=str(event.organisation_id), sequence=sequence)
