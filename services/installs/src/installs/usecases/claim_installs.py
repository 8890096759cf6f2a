"""Moving an anonymous owner's installs to the account it became."""

from collections.abc import Sequence

from chassis.db import Database
from contracts.events.accounts import AnonymousClaimed
from installs.storage.claims import claim_owner, move_installs
from installs.storage.owners import forget_installs, hold_account


class ClaimInstalls:
    """Applies claims, each exactly once.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def run(self, claims: Sequence[AnonymousClaimed]) -> None:
        """Move the installs of claimed owners, all or nothing; a claim that was applied before does nothing.

        What the account has already wins. A moved install states one created and one removed, a doubled one only a
        removed: so counts stay right. What a deleted account claimed is
        forgotten with it.
        """
        if not claims:
            return
        async with self._database.transaction() as connection:
            for claim in claims:
                is_new = await claim_owner(
                    connection,
                    anonymous_id=claim.anonymous_id,
                    user_id=claim.user_id,
                    claimed_at=claim.claimed_at,
                )
                if not is_new:
                    continue
                if await hold_account(connection, claim.user_id):
                    await move_installs(connection, anonymous_id=claim.anonymous_id, user_id=claim.user_id)
                else:
                    await forget_installs(connection, claim.anonymous_id)
