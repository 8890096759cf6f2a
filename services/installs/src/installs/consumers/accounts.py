"""The subscription to accounts."""

from collections.abc import Sequence

from chassis.consumer import Subscription
from contracts.envelope import Event
from contracts.events.accounts import AnonymousClaimed
from contracts.topics import ACCOUNTS
from installs.usecases.claim_installs import ClaimInstalls

GROUP = "installs.accounts"


def accounts_subscription(claim: ClaimInstalls) -> Subscription:
    """Subscribe the use case to claims of anonymous owners."""

    async def on_anonymous_claimed(events: Sequence[Event]) -> None:
        await claim.run(
            [
                AnonymousClaimed.model_validate(event.json())
                for event in events
                if event.type == AnonymousClaimed.event_type
            ]
        )

    return Subscription(group=GROUP, topics=(ACCOUNTS.name,), handler=on_anonymous_claimed)
