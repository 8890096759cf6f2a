"""Forgetting everything of owners who are no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.db import Database
from installs.domain.installs import Owner
from installs.storage.owners import erase_owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """An owner that is no more, since when."""

    owner: Owner
    erased_at: datetime


class EraseOwners:
    """Erases owners, each exactly once.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def run(self, erasures: Sequence[Erasure]) -> None:
        """Forget the owners' installs, each owner in a transaction; a repeat does nothing.

        Every install that is lost states one removed, so that counts stay right. Whatever arrives late for an erased
        owner changes nothing any more.
        """
        for erasure in erasures:
            async with self._database.transaction() as connection:
                await erase_owner(connection, erasure.owner, erased_at=erasure.erased_at)
