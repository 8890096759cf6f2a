"""An account is no more: nothing here says who it was any longer."""

from datetime import datetime
from uuid import UUID

from chassis.db import Database
from chassis.erasures import mark_erased
from chassis.outbox import append_event
from contracts.events.plugins import PluginUpdated
from contracts.identity import DELETED_NAME
from publishing.domain.submissions import WITHDRAWABLE
from publishing.storage.erasure import (
    anonymise_acts,
    anonymise_plugin,
    empty_submissions,
    list_owned,
    lock_unpublished,
)
from publishing.storage.plugins import find_plugin, lock_plugin
from publishing.storage.steps import record_step
from publishing.storage.submissions import get_submission, has_approved, set_status

BATCH_PLUGINS = 100


class EraseAccount:
    """Erases accounts.

    Published plugins stay, under the name of nobody, and get no further versions. What was not published is emptied,
    and its files leave quarantine at once. An approved version is on its way to the public and gets there.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def erase(self, user_id: UUID, *, deleted_at: datetime) -> None:
        """Erase an account, a plugin in a transaction; a repeat does nothing, and ends what was broken off."""
        async with self._database.transaction() as connection:
            await mark_erased(connection, user_id, erased_at=deleted_at)
        async with self._database.transaction() as connection:
            await anonymise_acts(connection, user_id)
        after = ""
        while plugin_ids := await self._owned(user_id, after):
            for plugin_id in plugin_ids:
                await self._erase_plugin(plugin_id, user_id)
            after = plugin_ids[-1]

    async def _owned(self, user_id: UUID, after: str) -> list[str]:
        async with self._database.read() as connection:
            return list(await list_owned(connection, user_id, after=after, limit=BATCH_PLUGINS))

    async def _erase_plugin(self, plugin_id: str, user_id: UUID) -> None:
        async with self._database.transaction() as connection:
            plugin = await lock_plugin(connection, plugin_id)
            if plugin is None or plugin.owner_id != user_id:
                return  # somebody has just taken it over
            ids = await lock_unpublished(connection, plugin_id)
            for submission_id in ids:
                submission = await get_submission(connection, submission_id)
                if submission.status in WITHDRAWABLE:
                    await set_status(connection, submission_id=submission_id, status="withdrawn", work_in_seconds=0)
                    await record_step(connection, submission_id=submission_id, name="cleared", status="waiting")
                elif submission.cleared_at is None:
                    await set_status(
                        connection, submission_id=submission_id, status=submission.status, work_in_seconds=0
                    )
            await empty_submissions(connection, ids)
            if plugin.author_name == DELETED_NAME:
                return
            is_private = plugin.status == "draft" and not await has_approved(connection, plugin_id)
            await anonymise_plugin(connection, plugin_id, keeps_listing=not is_private)
            changed = await find_plugin(connection, plugin_id)
            if changed is not None:
                await append_event(
                    connection, data=PluginUpdated(plugin=changed.state()), key=plugin_id, sequence=changed.sequence
                )
