"""A step that several use cases share: whether what somebody presents is right."""

from uuid import UUID

from auth.domain.errors import SecondFactorLimitedError
from auth.domain.limits import SECOND_FACTOR, Use
from auth.domain.second_factor.factors import SecondProof
from auth.domain.second_factor.recovery_codes import recovery_code_hash
from auth.domain.second_factor.relying_party import RelyingParty, SecurityKeyRefusedError, find_used_key
from auth.domain.second_factor.secret_box import SecretBox
from auth.domain.second_factor.totp import find_totp_step
from auth.storage.connection import Connection
from auth.storage.limits.limiter import Limiter
from auth.storage.second_factor.factors import use_recovery_code
from auth.storage.second_factor.security_keys import list_security_keys, use_security_key
from auth.storage.second_factor.totp import accept_totp_step, find_totp
from auth.usecases.caller import Caller
from chassis.clock import Clock


class ProofCheck:
    """Checks codes, recovery codes and security keys. What it accepts it accepts once: the rest is told by PostgreSQL.

    Parameters
    ----------
    box
        Opens the secrets of codes.
    relying_party
        Checks security keys.
    limiter
        Counts failures by account, wherever they come from: only who knows the password, or holds a session, can make
        any.
    clock
        Source of the present.
    """

    def __init__(self, *, box: SecretBox, relying_party: RelyingParty, limiter: Limiter, clock: Clock) -> None:
        self._box = box
        self._relying_party = relying_party
        self._limiter = limiter
        self._clock = clock

    async def admit(self, user_id: UUID, caller: Caller) -> None:
        """Let an attempt in, which counts as a failure until `note_success`.

        Raises
        ------
        SecondFactorLimitedError
            Too many failed of late.
        """
        await self._limiter.take(_use(user_id), report=caller.standings, refusal=SecondFactorLimitedError)

    async def note_success(self, user_id: UUID, caller: Caller) -> None:
        """Forget the failures of an account."""
        await self._limiter.give_back(_use(user_id), report=caller.standings, forget=True)

    async def accepts(
        self, connection: Connection, user_id: UUID, proof: SecondProof, *, challenge: bytes | None
    ) -> bool:
        """Say whether a proof is right, and use it up; the account's row must be locked.

        Parameters
        ----------
        challenge
            What a security key has to sign; None where none waits for an answer.
        """
        match proof.method:
            case "totp":
                return await self.accepts_code(connection, user_id, proof.value, confirmed=True)
            case "recovery-code":
                code_hash = recovery_code_hash(proof.value, user_id=user_id)
                return await use_recovery_code(connection, user_id, code_hash=code_hash)
            case "webauthn":
                return challenge is not None and await self._accepts_key(connection, user_id, proof.value, challenge)

    async def accepts_code(self, connection: Connection, user_id: UUID, code: str, *, confirmed: bool) -> bool:
        """As `accepts`, for a one-time code of the confirmed secret, or of the one that waits for its first."""
        factor = await find_totp(connection, user_id, confirmed=confirmed)
        if factor is None:
            return False
        secret = self._box.open(factor.secret, user_id=user_id)
        step = find_totp_step(secret, code, now=self._clock.now(), after=factor.last_step)
        if step is None:
            return False
        await accept_totp_step(connection, user_id, step=step)
        return True

    async def _accepts_key(self, connection: Connection, user_id: UUID, answer: str, challenge: bytes) -> bool:
        key = find_used_key(answer, await list_security_keys(connection, user_id))
        if key is None:
            return False
        try:
            sign_count = self._relying_party.check_assertion(answer, key=key, challenge=challenge)
        except SecurityKeyRefusedError:
            return False
        await use_security_key(connection, key.id, sign_count=sign_count)
        return True


def _use(user_id: UUID) -> Use:
    return Use(limit=SECOND_FACTOR, key=str(user_id))
