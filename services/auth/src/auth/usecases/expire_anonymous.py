"""Visitors who have not been seen for months are forgotten."""

from auth.storage.anonymous import delete_idle
from chassis.clock import Clock
from chassis.db import Database
from chassis.outbox import append_event
from contracts.events.accounts import AnonymousExpired

BATCH_IDENTITIES = 200


class ExpireAnonymous:
    """Ends anonymous identities that are idle; what they own is erased by those who hear of it.

    Parameters
    ----------
    database
        Where anonymous identities are.
    clock
        Dates the events.
    idle_days
        How long an identity may go unseen.
    """

    def __init__(self, *, database: Database, clock: Clock, idle_days: int) -> None:
        self._database = database
        self._clock = clock
        self._idle_days = idle_days

    async def execute(self) -> int:
        """End a batch and say how many it was. Any number of processes may do so.

        Of a claimed identity only the row goes: its claim stays, and what it owned is the account's.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.transaction() as connection:
            expired = await delete_idle(connection, idle_days=self._idle_days, limit=BATCH_IDENTITIES)
            for anonymous_id in expired.unclaimed:
                event = AnonymousExpired(anonymous_id=anonymous_id, expired_at=self._clock.now())
                # The identity's only event: it has a key of its own.
                await append_event(connection, data=event, key=str(anonymous_id), sequence=1)
        return expired.number
