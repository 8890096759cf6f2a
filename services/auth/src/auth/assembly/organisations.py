"""The use cases of organisations."""

from auth.api.organisation_dependencies import OrganisationWiring
from auth.assembly.parts import Parts
from auth.config import ServeSettings
from auth.usecases.organisations.gate import Gate
from auth.usecases.organisations.invitations import AnswerInvitation, Invite
from auth.usecases.organisations.manage import Organisations
from auth.usecases.organisations.members import Members
from auth.usecases.organisations.read_audit import ReadOrganisationAudit
from auth.usecases.organisations.rights import Rights


def build_organisations(settings: ServeSettings, parts: Parts) -> OrganisationWiring:
    """Build them."""
    database, sessions = parts.database, parts.sessions
    gate = Gate(database=database)
    rights = Rights(database=database, sessions=sessions)
    return OrganisationWiring(
        organisations=Organisations(database=database, sessions=sessions, gate=gate, rights=rights, clock=parts.clock),
        members=Members(gate=gate, rights=rights),
        invite=Invite(gate=gate, limiter=parts.limiter),
        answer=AnswerInvitation(
            database=database, sessions=sessions, rights=rights, confirmed=settings.registration == "confirmed"
        ),
        audit=ReadOrganisationAudit(gate=gate),
    )
