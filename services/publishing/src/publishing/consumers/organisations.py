"""organisations.v1: organisations that have another name, or are no more."""

from collections.abc import Sequence

from chassis.consumer import Subscription
from contracts.envelope import Event
from contracts.events.organisations import OrganisationDeleted, OrganisationRenamed
from contracts.topics import ORGANISATIONS
from publishing.usecases.follow_organisations import FollowOrganisations, Heir

GROUP = "publishing.organisations"


def organisations_subscription(follow: FollowOrganisations) -> Subscription:
    """Subscribe the use case to what becomes of organisations."""

    async def handle(events: Sequence[Event]) -> None:
        for event in events:
            if event.type == OrganisationRenamed.event_type:
                renamed = OrganisationRenamed.model_validate(event.json())
                await follow.rename(renamed.organisation_id, name=renamed.name, sequence=event.sequence)
            elif event.type == OrganisationDeleted.event_type:
                deleted = OrganisationDeleted.model_validate(event.json())
                heir = Heir(id=deleted.heir_id, name=deleted.heir_name)
                await follow.end(
                    deleted.organisation_id, heir=heir, deleted_at=deleted.deleted_at, sequence=event.sequence
                )

    return Subscription(group=GROUP, topics=(ORGANISATIONS.name,), handler=handle)
