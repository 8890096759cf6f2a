"""What an account has of second factors, and its recovery codes. The account's row must be locked by whoever writes."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.second_factor.factors import Factors
from auth.storage.second_factor.security_keys import list_security_keys

_SUMMARY = text(
    "SELECT (SELECT confirmed_at FROM totp_factors WHERE user_id = :user_id) AS totp_since,"
    " (SELECT count(*) FROM recovery_codes WHERE user_id = :user_id) AS recovery_codes"
)
_DELETE_CODES = text("DELETE FROM recovery_codes WHERE user_id = :user_id")
_INSERT_CODE = text("INSERT INTO recovery_codes (user_id, code_hash) VALUES (:user_id, :code_hash)")
_USE_CODE = text("DELETE FROM recovery_codes WHERE user_id = :user_id AND code_hash = :code_hash")


async def find_factors(connection: AsyncConnection, user_id: UUID) -> Factors:
    """Read what an account has."""
    row = (await connection.execute(_SUMMARY, {"user_id": user_id})).one()
    return Factors(
        totp_since=row.totp_since,
        security_keys=await list_security_keys(connection, user_id),
        recovery_codes=row.recovery_codes,
    )


async def replace_recovery_codes(connection: AsyncConnection, user_id: UUID, *, hashes: Iterable[bytes]) -> None:
    """Leave an account these codes and no others; with none they are off."""
    await connection.execute(_DELETE_CODES, {"user_id": user_id})
    rows = [{"user_id": user_id, "code_hash": code_hash} for code_hash in hashes]
    if rows:
        await connection.execute(_INSERT_CODE, rows)


async def use_recovery_code(connection: AsyncConnection, user_id: UUID, *, code_hash: bytes) -> bool:
    """Use a code up, and say whether it was one."""
    return (await connection.execute(_USE_CODE, {"user_id": user_id, "code_hash": code_hash})).rowcount == 1
