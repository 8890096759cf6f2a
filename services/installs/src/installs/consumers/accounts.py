"""The subscription to accounts."""

from collections.abc import Sequence

from chassis.consumer import Subscription
from contracts.envelope import Event
from contracts.events.accounts import AccountDeleted, AnonymousClaimed, AnonymousExpired
from contracts.topics import ACCOUNTS
from installs.domain.installs import Owner
from installs.usecases.claim_installs import ClaimInstalls
from installs.usecases.erase_owners import EraseOwners, Erasure

GROUP = "installs.accounts"


def accounts_subscription(claim: ClaimInstalls, erase: EraseOwners) -> Subscription:
    """Subscribe the use cases to claims of anonymous owners, and to owners that are no more."""

    async def on_accounts(events: Sequence[Event]) -> None:
        # Claims first: an account claims nothing after its end, and of one visitor there is either claim or expiry.
        await claim.run(
            [
                AnonymousClaimed.model_validate(event.json())
                for event in events
                if event.type == AnonymousClaimed.event_type
            ]
        )
        await erase.run([erasure for event in events if (erasure := _erasure(event)) is not None])

    return Subscription(group=GROUP, topics=(ACCOUNTS.name,), handler=on_accounts)


def _erasure(event: Event) -> Erasure | None:
    if event.type == AnonymousExpired.event_type:
        expired = AnonymousExpired.model_validate(event.json())
        return Erasure(owner=Owner(id=expired.anonymous_id, kind="anonymous"), erased_at=expired.expired_at)
    if event.type == AccountDeleted.event_type:
        deleted = AccountDeleted.model_validate(event.json())
        return Erasure(owner=Owner(id=deleted.user_id, kind="user"), erased_at=deleted.deleted_at)
    return None
