"""Somebody asks who they are."""

from uuid import UUID

from auth.domain.accounts import Account
from auth.domain.errors import SessionEndedError
from auth.storage.accounts import find_account
from chassis.db import Database


class ShowAccount:
    """Reads an account for its owner.

    Parameters
    ----------
    database
        Where accounts are.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def execute(self, user_id: UUID) -> Account:
        """Read the account.

        Raises
        ------
        SessionEndedError
            The account is gone.
        ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.read() as connection:
            account = await find_account(connection, user_id)
        if account is None:
            raise SessionEndedError("the account of this session does not exist")
        return account
