"""A developer reads the own profile."""

from uuid import UUID

from auth.domain.accounts import DeveloperProfile
from auth.domain.errors import DeveloperProfileNotFoundError
from auth.storage.developers import find_profile
from chassis.db import Database


class ShowDeveloperProfile:
    """Reads a developer profile for its owner.

    Parameters
    ----------
    database
        Where profiles are.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def execute(self, user_id: UUID) -> DeveloperProfile:
        """Read the profile.

        Raises
        ------
        DeveloperProfileNotFoundError
            The account has none.
        ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.read() as connection:
            profile = await find_profile(connection, user_id)
        if profile is None:
            raise DeveloperProfileNotFoundError("this account has no developer profile")
        return profile
