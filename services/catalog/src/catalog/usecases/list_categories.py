"""List the categories with their numbers of plugins."""

from catalog.storage.categories import count_by_category
from chassis.db import Database
from contracts.categories import CATEGORIES, Category


class ListCategories:
    """Counts listed plugins by category."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def list(self) -> list[tuple[Category, int]]:
        """Give every category with its number of listed plugins, by id; also those without any."""
        async with self._database.read() as connection:
            counts = await count_by_category(connection)
        return [(category, counts.get(category.id, 0)) for category in CATEGORIES]
