"""The gateway holds an API token and wants the identity that it stands for."""

from dataclasses import dataclass

from auth.domain.audit import Action, Target
from auth.domain.devices import shorten_address
from auth.domain.identity_signer import IdentitySigner, SignedIdentity
from auth.domain.limits import TOKEN_FAILURES, TOKEN_FAILURES_TOTAL, Use, network_of
from auth.domain.sessions import subject_of
from auth.domain.tokens.api_tokens import ApiToken
from auth.domain.tokens.errors import TokenSourceRefusedError, TokenUnknownError
from auth.storage.accounts import find_account
from auth.storage.audit import append_audit
from auth.storage.limits.limiter import Limiter
from auth.storage.tokens.api_tokens import find_token, note_use
from auth.storage.tokens.entries import TokenEntries
from auth.usecases.caller import Caller
from chassis.clock import Clock
from chassis.db import Database
from contracts.api_tokens import is_token, permits_address, token_hash

REFUSALS_RECORDED_EVERY_SECONDS = 3600
"""A thief's attempts from elsewhere leave one entry an hour for each token."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The identity of a token, and from where the token may be used."""

    identity: SignedIdentity
    source_ranges: tuple[str, ...]


class ExchangeToken:
    """Turns tokens into identities, and leaves them where the gateway finds them for the next minutes.

    Parameters
    ----------
    database
        Where tokens are.
    entries
        What the gateway reads.
    limiter
        Counts unknown tokens by network, and all.
    signer
        Signs identities.
    clock
        Source of the present.
    """

    def __init__(
        self,
        *,
        database: Database,
        entries: TokenEntries,
        limiter: Limiter,
        signer: IdentitySigner,
        clock: Clock,
    ) -> None:
        self._database = database
        self._limiter = limiter
        self._entries = entries
        self._signer = signer
        self._clock = clock

    async def execute(self, token: str, caller: Caller) -> Exchanged:
        """Give the identity of a token that somebody uses.

        A good token is good also where its network has used up its failures: others behind it may be at fault.

        Raises
        ------
        TokenUnknownError
            There is no such token, or its account is gone.
        TokenSourceRefusedError
            It is not for use from this address.
        RateLimitedError
            It is unknown, as too many from this network were of late.
        ServiceUnavailableError
            A retry is safe.
        """
        hashed = token_hash(token)
        async with self._database.read() as connection:
            found = await find_token(connection, hashed) if is_token(token) else None
        if found is None:
            await self._limiter.take(
                Use(limit=TOKEN_FAILURES, key=network_of(caller.address)),
                Use(limit=TOKEN_FAILURES_TOTAL),
                report=caller.standings,
            )
            raise TokenUnknownError("there is no such token")
        if not permits_address(found.source_ranges, caller.address):
            await self._refuse(found, hashed, caller.address)
        async with self._database.transaction() as connection:
            if not await note_use(connection, found, network=shorten_address(caller.address)):
                raise TokenUnknownError("the token has just been revoked")
            account = await find_account(connection, found.user_id)
            if account is None:
                raise TokenUnknownError("the token's account does not exist")
            now = self._clock.now()
            identity = self._signer.sign(
                subject_of(account), session_hash=hashed, now=now, scopes=found.scopes, ends_at=found.expires_at
            )
            # Before the commit: who revokes the token waits for its row, and then removes the entry.
            await self._entries.write(
                hashed, subject_id=account.id, identity=identity, source_ranges=found.source_ranges, now=now
            )
        return Exchanged(identity, found.source_ranges)

    async def _refuse(self, token: ApiToken, hashed: str, address: str) -> None:
        if await self._entries.is_first_refusal(hashed, in_seconds=REFUSALS_RECORDED_EVERY_SECONDS):
            async with self._database.transaction() as connection:
                await append_audit(
                    connection,
                    Action.TOKEN_USE_REFUSED,
                    user_id=token.user_id,
                    address=address,
                    target=Target("token", str(token.id)),
                    reason="source-range",
                )
        raise TokenSourceRefusedError("the token is not for use from this network address")
