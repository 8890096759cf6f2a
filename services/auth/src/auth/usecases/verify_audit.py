"""Somebody wants to know whether the audit is as it was written."""

from contextlib import aclosing
from dataclasses import dataclass

from auth.domain.audit_chain import Fault, Head, find_fault
from auth.storage.audit_chain import Waiting, find_head, measure_waiting, read_chain
from chassis.db import Database

_COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found.

    Parameters
    ----------
    head
        The last entry that is right.
    erased
        Entries whose personal fields were erased, as the audit itself tells.
    longest_unsealed_seconds
        Longest time between an entry and its seal: much more than a second is a sealer that was away, or an entry that
        was dated back.
    waiting
        What is not sealed yet, and so not checked.
    fault
        The first entry that is wrong.
    holds_expected
        Whether the chain has the hash that was to be there; None where none was given.
    """

    head: Head
    erased: int
    longest_unsealed_seconds: float
    waiting: Waiting
    fault: Fault | None
    holds_expected: bool | None


class VerifyAudit:
    """Checks the chain from its beginning.

    Parameters
    ----------
    database
        Where the audit is.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def head(self) -> Head:
        """Read the last sealed entry; raises as `execute`."""
        async with self._database.read() as connection:
            return await find_head(connection)

    async def execute(self, *, expected: bytes | None) -> Verification:
        """Check every sealed entry up to the first that is wrong.

        Parameters
        ----------
        expected
            A hash that was the head once: without it a chain whose end was cut off looks whole.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        head, erased, longest = Head(), 0, 0.0
        fault: Fault | None = None
        holds = None if expected is None else head.hash == expected
        async with self._database.read() as connection:
            waiting = await measure_waiting(connection, limit=_COUNT_LIMIT)
            async with aclosing(read_chain(connection)) as entries:
                async for entry in entries:
                    fault = find_fault(entry, after=head)
                    if fault is not None:
                        break
                    head = Head(entry.seal.position, entry.seal.hash)
                    erased += entry.seal.salt is None
                    longest = max(longest, (entry.seal.sealed_at - entry.record.occurred_at).total_seconds())
                    holds = holds or (None if expected is None else head.hash == expected)
        return Verification(
            head=head,
            erased=erased,
            longest_unsealed_seconds=longest,
            waiting=waiting,
            fault=fault,
            holds_expected=holds,
        )
