"""The one check that stands before every public read."""

from typing import Any

from sqlalchemy.engine import Row

from catalog.domain.errors import PluginNotFoundError
from catalog.domain.listing import check_listed


def listed(row: Row[Any] | None, plugin_id: str) -> Row[Any]:
    """Give the row back where it is that of a listed plugin; it has `status` and `latest_version`.

    Raises
    ------
    PluginNotFoundError
        There is no row, or nothing of the plugin was ever public.
    PluginSuspendedError
        The plugin is suspended.
    """
    if row is None:
        raise PluginNotFoundError(f"no plugin is called {plugin_id[:100]!r}")
    check_listed(plugin_id, status=row.status, latest_version=row.latest_version)
    return row
