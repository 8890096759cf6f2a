"""An organisation's owners read what was done to it."""

from auth.storage.audit import list_organisation_audit
from auth.usecases.list_audit import AuditPage
from auth.usecases.organisations.gate import Gate, Request


class ReadOrganisationAudit:
    """Reads an organisation's entries.

    Parameters
    ----------
    gate
        Lets through who may.
    """

    def __init__(self, *, gate: Gate) -> None:
        self._gate = gate

    async def execute(self, request: Request, *, before: int | None, limit: int) -> AuditPage:
        """Read a page, from the newest entry or below the id `before`; raises as `Gate.change`."""
        async with self._gate.read(request) as (connection, own):
            found = await list_organisation_audit(connection, own.organisation.id, before=before, limit=limit + 1)
        return AuditPage(entries=found[:limit], has_more=len(found) > limit)
