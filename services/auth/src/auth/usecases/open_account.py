"""A step that several use cases share: an account begins to exist."""

from auth.domain.accounts import Account
from auth.domain.audit import Action
from auth.domain.emails import Email
from auth.domain.errors import EmailTakenError
from auth.domain.limits import network_of
from auth.storage.accounts import insert_account, set_password_hash
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.known_networks import note_network
from auth.usecases.caller import Caller
from chassis.outbox import append_event
from contracts.events.accounts import AccountRegistered


async def open_account(
    connection: Connection, account: Account, *, email: Email, password_hash: str, caller: Caller
) -> None:
    """Write an account, its event and its audit; raises `EmailTakenError` where the address has one."""
    created_at = await insert_account(connection, user_id=account.id, email=email, name=account.name)
    if created_at is None:
        raise EmailTakenError("there is an account with this e-mail address")
    await set_password_hash(connection, user_id=account.id, password_hash=password_hash)
    registered = AccountRegistered(user_id=account.id, name=account.name, registered_at=created_at)
    await append_event(connection, data=registered, key=str(account.id), sequence=1)
    await note_network(connection, user_id=account.id, network=network_of(caller.address))
    await append_audit(
        connection, Action.REGISTERED, user_id=account.id, address=caller.address, after={"name": account.name}
    )
