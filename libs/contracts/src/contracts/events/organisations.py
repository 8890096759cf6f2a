"""Facts about organisations; key: the organisation's id. Who is a member, identity tokens say."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from contracts.envelope import EventData
from contracts.events.fields import PersonName
from contracts.topics import ORGANISATIONS


class OrganisationRenamed(EventData):
    """An organisation has another name: whatever it published stands under that."""

    event_type: ClassVar[str] = "organisation.renamed.v1"
    topic: ClassVar[str] = ORGANISATIONS.name

    organisation_id: UUID
    name: PersonName
    renamed_at: datetime


class OrganisationDeleted(EventData):
    """An organisation is no more: what it owned goes to the account of its heir. It is the last event of its key."""

    event_type: ClassVar[str] = "organisation.deleted.v1"
    topic: ClassVar[str] = ORGANISATIONS.name

    organisation_id: UUID
    heir_id: UUID
    heir_name: PersonName
    deleted_at: datetime
