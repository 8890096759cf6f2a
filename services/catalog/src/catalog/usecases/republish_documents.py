"""Emit every document again, so that what was built from them can be built anew."""

from dataclasses import dataclass

from catalog.storage.document_batches import lock_plugins_after
from catalog.storage.documents import emit_documents
from chassis.db import Database

BATCH_PLUGINS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Republished:
    """One batch: the last plugin id looked at (None: there was none) and how many events were written."""

    last_id: str | None
    events: int


class RepublishDocuments:
    """Writes all documents, and tombstones of what is listed no longer, into the outbox."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def republish(self, *, after: str) -> Republished:
        """Emit the batch of plugins after an id (``""`` for the first). Safe to repeat and to break off anywhere."""
        async with self._database.transaction() as connection:
            plugin_ids = await lock_plugins_after(connection, after=after, plugins=BATCH_PLUGINS)
            events = await emit_documents(connection, plugin_ids, change="content")
        return Republished(last_id=plugin_ids[-1] if plugin_ids else None, events=events)
