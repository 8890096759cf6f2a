"""A plugin goes from one owner to another, who has to agree."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import structlog

from chassis.db import Database
from chassis.erasures import hold_account
from chassis.outbox import append_event
from chassis.rights import may_touch
from contracts.events.plugins import PluginUpdated
from contracts.identity import IdentityClaims
from contracts.policy import Ownership
from publishing.domain.errors import NotMemberError, TransferNotFoundError, TransferToOwnerError
from publishing.domain.owners import Owner, Transfer, owners_of
from publishing.domain.plugins import Plugin
from publishing.storage.plugins import change_owner, find_plugin, lock_plugin
from publishing.storage.transfers import (
    end_transfer,
    find_transfer,
    find_transfer_of,
    insert_transfer,
    list_transfers_to,
    withdraw_transfer_of,
)
from publishing.usecases.ownership import owned, publishing_name

_log = structlog.get_logger()


class OfferPlugin:
    """The giver's side. The plugin's row is locked for every change, so that one happens after another.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def offer(self, *, caller: IdentityClaims, plugin_id: str, receiver: Owner) -> Transfer:
        """Offer a plugin for two weeks; a repeat replaces the offer. Nothing changes before it is accepted.

        Raises
        ------
        PluginNotFoundError, NotOwnerError
            See `owned`.
        TransferToOwnerError
            The receiver has it.
        """
        async with self._database.transaction() as connection:
            await hold_account(connection, caller.sub)
            found = await lock_plugin(connection, plugin_id)
            plugin = owned(found, plugin_id=plugin_id, caller=caller, operation="plugin.transfer")
            if plugin.owner == receiver:
                raise TransferToOwnerError(f"the plugin {plugin_id!r} is the receiver's already")
            await withdraw_transfer_of(connection, plugin_id, ended_by=caller.sub)
            return await insert_transfer(
                connection, plugin, transfer_id=uuid4(), receiver=receiver, offered_by=caller.sub
            )

    async def show(self, *, caller: IdentityClaims, plugin_id: str) -> Transfer:
        """Give the offer that waits.

        Raises
        ------
        PluginNotFoundError, NotOwnerError
            See `owned`.
        TransferNotFoundError
            None waits.
        """
        async with self._database.read() as connection:
            found = await find_plugin(connection, plugin_id)
            owned(found, plugin_id=plugin_id, caller=caller, operation="plugin.transfer")
            transfer = await find_transfer_of(connection, plugin_id)
        if transfer is None:
            raise TransferNotFoundError(f"no transfer of {plugin_id!r} waits")
        return transfer

    async def withdraw(self, *, caller: IdentityClaims, plugin_id: str) -> None:
        """Take the offer back. Whichever comes first counts: this, or the answer.

        Raises
        ------
        PluginNotFoundError, NotOwnerError
            See `owned`.
        TransferNotFoundError
            None waits.
        """
        async with self._database.transaction() as connection:
            found = await lock_plugin(connection, plugin_id)
            owned(found, plugin_id=plugin_id, caller=caller, operation="plugin.transfer")
            if not await withdraw_transfer_of(connection, plugin_id, ended_by=caller.sub):
                raise TransferNotFoundError(f"no transfer of {plugin_id!r} waits")


class AnswerTransfer:
    """The receiver's side.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def list_own(self, caller: IdentityClaims) -> Sequence[Transfer]:
        """List what waits for the caller and their organisations, oldest first."""
        async with self._database.read() as connection:
            return await list_transfers_to(connection, owners_of(caller))

    async def accept(self, *, caller: IdentityClaims, transfer_id: UUID) -> Plugin:
        """Take the plugin over; the giver's rights end with it. A retry is refused as not found.

        Raises
        ------
        TransferNotFoundError
            It is another's, ended or expired, or its receiver is no more.
        NotMemberError
            The caller's role in the organisation is not enough.
        NotOwnerError
            The caller made the offer and has lost the right to give the plugin since.
        """
        async with self._database.transaction() as connection:
            await hold_account(connection, caller.sub)
            transfer = self._check(await find_transfer(connection, transfer_id), caller, transfer_id)
            author_name = await publishing_name(connection, transfer.receiver, caller)
            plugin = await lock_plugin(connection, transfer.plugin_id)
            if transfer.offered_by == caller.sub:  # no consent but their own: they must still be who may give it
                owned(plugin, plugin_id=transfer.plugin_id, caller=caller, operation="plugin.transfer")
            ended = await end_transfer(connection, transfer_id, outcome="accepted", ended_by=caller.sub)
            # Whose it is has not changed while the offer waited: whatever changes it ends the offer.
            if not ended or plugin is None or author_name is None:
                raise TransferNotFoundError(f"no transfer {transfer_id} waits for you")
            changed = await change_owner(
                connection, plugin_id=plugin.id, owner=transfer.receiver, author_name=author_name
            )
            event = PluginUpdated(plugin=changed.state())
            await append_event(connection, data=event, key=changed.id, sequence=changed.sequence)
        _log.info("plugin_transferred", plugin_id=changed.id, giver=str(plugin.owner_id), by=str(caller.sub))
        return changed

    async def decline(self, *, caller: IdentityClaims, transfer_id: UUID) -> None:
        """Decline the plugin.

        Raises
        ------
        TransferNotFoundError
            It is another's, ended or expired.
        NotMemberError
            The caller's role in the organisation is not enough.
        """
        async with self._database.transaction() as connection:
            transfer = self._check(await find_transfer(connection, transfer_id), caller, transfer_id)
            await lock_plugin(connection, transfer.plugin_id)
            if not await end_transfer(connection, transfer_id, outcome="declined", ended_by=caller.sub):
                raise TransferNotFoundError(f"no transfer {transfer_id} waits for you")

    @staticmethod
    def _check(transfer: Transfer | None, caller: IdentityClaims, transfer_id: UUID) -> Transfer:
        if transfer is None or transfer.receiver.relation(caller) is Ownership.FOREIGN:
            raise TransferNotFoundError(f"no transfer {transfer_id} waits for you")
        receiver = transfer.receiver
        if not may_touch("transfer.answer", caller, account=receiver.account, organisation=receiver.organisation):
            raise NotMemberError("only owners and maintainers take plugins over for an organisation")
        return transfer
