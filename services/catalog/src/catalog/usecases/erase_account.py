"""An account is no more: nothing here says who it was any longer."""

from datetime import datetime
from uuid import UUID

from catalog.storage.change_authors import anonymise_author
from catalog.storage.change_writes import lock_feed
from catalog.storage.review_removal import remove_review
from catalog.storage.reviews import find_review, lock_any_reviewed_plugin, reviewed_by
from chassis.db import Database
from chassis.erasures import mark_erased

BATCH_REVIEWS = 100


class EraseAccount:
    """Erases accounts.

    Their reviews go, and ratings follow. Names of authors in listings come anew from publishing; here they go from the
    change feed, which keeps former documents.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def erase(self, user_id: UUID, *, deleted_at: datetime) -> None:
        """Erase an account, in bounded transactions; a repeat does nothing, and ends what was broken off."""
        async with self._database.transaction() as connection:
            await mark_erased(connection, user_id, erased_at=deleted_at)
        after = ""
        while plugin_ids := await self._reviewed(user_id, after):
            async with self._database.transaction() as connection:
                for plugin_id in plugin_ids:  # by id, as all who lock several plugins do
                    plugin = await lock_any_reviewed_plugin(connection, plugin_id)
                    review = await find_review(connection, plugin_id=plugin_id, user_id=user_id)
                    if review is not None:
                        await remove_review(connection, review, plugin=plugin, removed_at=deleted_at)
            after = plugin_ids[-1]
        async with self._database.transaction() as connection:
            await lock_feed(connection)
            await anonymise_author(connection, user_id)

    async def _reviewed(self, user_id: UUID, after: str) -> list[str]:
        async with self._database.read() as connection:
            return list(await reviewed_by(connection, user_id, after=after, limit=BATCH_REVIEWS))
