"""A device asks for an API token, and somebody with a session permits it (RFC 8628)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from auth.domain.limits import (
    DEVICE_CODE_ADDRESS,
    DEVICE_CODE_TOTAL,
    USER_CODE_FAILURES,
    USER_CODE_FAILURES_ADDRESS,
    Use,
    network_of,
)
from auth.domain.tokens.api_tokens import DEFAULT_DAYS, IssuedToken
from auth.domain.tokens.devices import (
    DeviceRequest,
    DeviceState,
    PolledLogin,
    is_device_code,
    new_device_code,
    new_user_code,
    read_user_code,
    show_user_code,
)
from auth.domain.tokens.errors import (
    DeviceDeniedError,
    DeviceExpiredError,
    DeviceHastyError,
    DeviceLoginNotFoundError,
    DevicePendingError,
)
from auth.storage.accounts import find_account, find_account_locked
from auth.storage.limits.limiter import Limiter
from auth.storage.tokens.device_logins import DeviceLogins
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import SessionIssuer
from auth.usecases.tokens.token_issuer import TokenIssuer, check_usable
from chassis.clock import Clock
from chassis.db import Database

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class BegunLogin:
    """What a device shows (the user code, the address) and keeps (the device code)."""

    device_code: str
    user_code: str
    verification_uri: str


class DeviceLogin:
    """Runs logins of devices. `ServiceUnavailableError` permits a retry.

    Parameters
    ----------
    database
        Where accounts and tokens are.
    logins
        Where logins wait.
    sessions
        Says whether the session that decides is alive.
    issuer
        Makes tokens.
    limiter
        Counts logins by network, and wrong user codes by account and network.
    clock
        Source of the present.
    origin
        The platform's public origin, for the address that people open.
    """

    def __init__(
        self,
        *,
        database: Database,
        logins: DeviceLogins,
        sessions: SessionIssuer,
        issuer: TokenIssuer,
        limiter: Limiter,
        clock: Clock,
        origin: str,
    ) -> None:
        self._database = database
        self._logins = logins
        self._sessions = sessions
        self._issuer = issuer
        self._limiter = limiter
        self._clock = clock
        self._origin = origin

    async def begin(self, *, client_name: str, scopes: Sequence[str], caller: Caller) -> BegunLogin:
        """Begin a login; raises `RateLimitedError` where too many were begun of late."""
        await self._limiter.take(
            Use(limit=DEVICE_CODE_ADDRESS, key=network_of(caller.address)),
            Use(limit=DEVICE_CODE_TOTAL),
            report=caller.standings,
        )
        request = DeviceRequest(client_name=client_name, scopes=tuple(dict.fromkeys(scopes)), origin=caller.origin)
        device_code = new_device_code()
        for _ in range(_ATTEMPTS):
            user_code = new_user_code()
            if await self._logins.begin(device_code=device_code, user_code=user_code, request=request):
                return BegunLogin(device_code, show_user_code(user_code), f"{self._origin}/device")
        raise AssertionError("five user codes in a row were taken")

    async def show(self, user_id: UUID, text: str, caller: Caller) -> DeviceRequest:
        """Say what the device of a user code asks for.

        Raises
        ------
        DeviceLoginNotFoundError
            There is no such login, or somebody has decided.
        RateLimitedError
            Too many codes were wrong of late.
        """
        return (await self._find(user_id, text, caller))[1]

    async def decide(self, user_id: UUID, text: str, *, approve: bool, caller: Caller) -> None:
        """Permit or deny a login; errors as `show`, and as follows.

        Raises
        ------
        SessionEndedError
            The session that decides is over.
        ScopeNotUsableError
            The account itself may not do what the device wants to.
        """
        await self._sessions.find_own(caller.session_id, user_id)
        user_code, request = await self._find(user_id, text, caller)
        if approve:
            async with self._database.read() as connection:
                account = await find_account(connection, user_id)
            if account is not None:
                check_usable(request.scopes, account)
        state = DeviceState.APPROVED if approve else DeviceState.DENIED
        if not await self._logins.decide(user_code, state=state, account_id=user_id):
            raise DeviceLoginNotFoundError("the login has just ended")

    async def poll(self, device_code: str, caller: Caller) -> IssuedToken:
        """Give the token once somebody has permitted it; once.

        Raises
        ------
        DevicePendingError, DeviceHastyError
            Ask again later.
        DeviceDeniedError, DeviceExpiredError
            Begin anew.
        ScopeNotUsableError, TooManyTokensError
            The account's roles or tokens have changed meanwhile; begin anew.
        """
        polled = await self._logins.poll(device_code, now=self._clock.now()) if is_device_code(device_code) else None
        request, account_id = _permitted(polled)
        async with self._database.transaction() as connection:
            account = await find_account_locked(connection, account_id)
            if account is None:
                raise DeviceExpiredError("the account that permitted it does not exist any more")
            return await self._issuer.issue(
                connection,
                account,
                kind="dev",
                name=request.client_name,
                scopes=request.scopes,
                life=timedelta(days=DEFAULT_DAYS),
                address=caller.address,
                reason="device-login",
            )

    async def _find(self, user_id: UUID, text: str, caller: Caller) -> tuple[str, DeviceRequest]:
        # Taken before the look, so that many guesses at once are counted; given back where it was none.
        uses = (
            Use(limit=USER_CODE_FAILURES, key=str(user_id)),
            Use(limit=USER_CODE_FAILURES_ADDRESS, key=network_of(caller.address)),
        )
        await self._limiter.take(*uses, report=caller.standings)
        user_code = read_user_code(text)
        request = await self._logins.find(user_code) if user_code is not None else None
        if user_code is None or request is None:
            raise DeviceLoginNotFoundError("there is no login under this code")
        await self._limiter.give_back(*uses, report=caller.standings)
        return user_code, request


def _permitted(polled: PolledLogin | None) -> tuple[DeviceRequest, UUID]:
    if polled is None:
        raise DeviceExpiredError("there is no such login any more")
    if polled.state is DeviceState.PENDING:
        raise DevicePendingError("nobody has decided yet")
    if polled.state is DeviceState.HASTY:
        raise DeviceHastyError("the last question was answered a moment ago")
    if polled.request is None or polled.account_id is None:
        raise DeviceDeniedError("somebody has said no")
    return polled.request, polled.account_id
