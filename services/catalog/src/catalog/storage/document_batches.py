"""Walking over all plugins in batches, to emit their documents again."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK_AFTER = text("SELECT id FROM plugins WHERE id > :after ORDER BY id LIMIT :plugins FOR NO KEY UPDATE")


async def lock_plugins_after(connection: AsyncConnection, *, after: str, plugins: int) -> Sequence[str]:
    """Lock the next `plugins` rows after an id (``""`` for the first); returns their ids, sorted."""
    return (await connection.execute(_LOCK_AFTER, {"after": after, "plugins": plugins})).scalars().all()
