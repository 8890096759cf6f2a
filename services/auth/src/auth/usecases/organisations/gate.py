"""The way to an organisation: the row locked, the caller's role found, the table of rights asked, refusals recorded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from auth.domain.audit import Action, Target
from auth.domain.organisation_errors import OrganisationNotFoundError, OrganisationRoleError
from auth.domain.organisations import Organisation, OwnOrganisation
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.organisations.members import find_role
from auth.storage.organisations.organisations import find_organisation, lock_organisation
from auth.usecases.caller import Caller
from chassis.db import Database
from chassis.errors import ErrorKind, PlatformError
from contracts.policy import permits, relation_of
from contracts.policy_table import RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody wants something of an organisation: one of the table's operations."""

    operation: str
    slug: str
    user_id: UUID
    caller: Caller


class Gate:
    """Lets through who may, by what the database says now: the identity token may be a second old.

    Parameters
    ----------
    database
        Where organisations are.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[tuple[Connection, OwnOrganisation]]:
        """Give a connection for reading, and the organisation; raises as `change`, and records no refusal."""
        async with self._database.read() as connection:
            own = await _own(connection, request, await find_organisation(connection, request.slug))
            check(request, own)
            yield connection, own

    @asynccontextmanager
    async def change(self, request: Request) -> AsyncIterator[tuple[Connection, OwnOrganisation]]:
        """Give a transaction and the locked organisation. What is refused to a member, here or within, is recorded.

        Raises
        ------
        OrganisationNotFoundError
            There is none, or the caller is no member.
        OrganisationRoleError
            The caller's role is not enough.
        """
        own: OwnOrganisation | None = None
        try:
            async with self._database.transaction() as connection:
                own = await _own(connection, request, await lock_organisation(connection, request.slug))
                check(request, own)
                yield connection, own
        except PlatformError as error:
            if own is not None and error.kind is not ErrorKind.UNAVAILABLE:
                await self._record_refusal(request, own.organisation, error)
            raise

    async def _record_refusal(self, request: Request, organisation: Organisation, error: PlatformError) -> None:
        async with self._database.transaction() as connection:
            await append_audit(
                connection,
                Action.ORGANISATION_REFUSED,
                user_id=request.user_id,
                address=request.caller.address,
                target=Target("organisation", str(organisation.id)),
                reason=error.code,
                detail={"wanted": request.operation},
            )


def check(request: Request, own: OwnOrganisation) -> None:
    """Ask the table of rights; raises `OrganisationRoleError` where the role is not enough."""
    if not permits(RULES[request.operation], relation_of(own.role)):
        raise OrganisationRoleError(f"a {own.role} may not do this in {own.organisation.slug!r}")


async def _own(connection: Connection, request: Request, found: Organisation | None) -> OwnOrganisation:
    role = None
    if found is not None:
        role = await find_role(connection, organisation_id=found.id, user_id=request.user_id)
    if found is None or role is None:
        raise OrganisationNotFoundError(f"you are in no organisation {request.slug[:40]!r}")
    return OwnOrganisation(found, role)
