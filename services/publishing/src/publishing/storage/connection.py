"""The connection of a transaction, as use cases pass it on."""

from sqlalchemy.ext.asyncio import AsyncConnection

Connection = AsyncConnection
"""What `chassis.db.Database.transaction` gives."""
