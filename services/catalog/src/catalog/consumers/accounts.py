"""accounts.v1: accounts that are no more."""

from collections.abc import Sequence

from catalog.usecases.erase_account import EraseAccount
from chassis.consumer import Subscription
from contracts.envelope import Event
from contracts.events.accounts import AccountDeleted
from contracts.topics import ACCOUNTS

GROUP = "catalog.accounts"


def accounts_subscription(erase: EraseAccount) -> Subscription:
    """Subscribe the use case to deletions."""

    async def handle(events: Sequence[Event]) -> None:
        for event in events:
            if event.type == AccountDeleted.event_type:
                deleted = AccountDeleted.model_validate(event.json())
                await erase.erase(deleted.user_id, deleted_at=deleted.deleted_at)

    return Subscription(group=GROUP, topics=(ACCOUNTS.name,), handler=handle)
