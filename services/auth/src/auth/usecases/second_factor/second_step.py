"""Signing in with a second factor: the password first, then a proof."""

from typing import NoReturn
from uuid import UUID

from auth.domain.audit import Action
from auth.domain.errors import SecondFactorInvalidError, SecondFactorRequiredError, SignInChallengeEndedError
from auth.domain.second_factor.factors import Factors, SecondProof
from auth.domain.second_factor.relying_party import CHALLENGE_SECONDS, RelyingParty
from auth.storage.accounts import Credentials, find_account_locked, is_still_set
from auth.storage.audit import append_audit
from auth.storage.second_factor.challenges import Challenges
from auth.usecases.caller import Caller
from auth.usecases.entrance import Entered, Entrance
from auth.usecases.second_factor.proof_check import ProofCheck
from chassis.db import Database


class SecondStep:
    """Asks for a second factor and signs in who presents it. Between the two there is no session.

    Parameters
    ----------
    database
        Where accounts are.
    challenges
        Where sign-ins wait.
    relying_party
        Writes what security keys need.
    proofs
        Checks what is presented.
    entrance
        Opens the session.
    """

    def __init__(
        self,
        *,
        database: Database,
        challenges: Challenges,
        relying_party: RelyingParty,
        proofs: ProofCheck,
        entrance: Entrance,
    ) -> None:
        self._database = database
        self._challenges = challenges
        self._relying_party = relying_party
        self._proofs = proofs
        self._entrance = entrance

    async def ask(self, credentials: Credentials, factors: Factors, caller: Caller) -> SecondFactorRequiredError:
        """Begin a sign-in whose password was right, and give the refusal that says what is missing.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        challenge, webauthn = await self._challenges.begin_sign_in(
            user_id=credentials.user_id, password_changed_at=credentials.changed_at
        )
        async with self._database.transaction() as connection:
            await append_audit(
                connection, Action.SECOND_FACTOR_ASKED, user_id=credentials.user_id, address=caller.address
            )
        extensions: dict[str, object] = {
            "challenge": challenge,
            "methods": list(factors.methods),
            "expires_in_seconds": CHALLENGE_SECONDS,
        }
        if factors.security_keys:
            extensions["webauthn"] = self._relying_party.authentication_options(
                present=factors.security_keys, challenge=webauthn
            )
        return SecondFactorRequiredError(extensions=extensions)

    async def finish(self, *, challenge: str, proof: SecondProof, caller: Caller) -> Entered:
        """Sign in.

        Raises
        ------
        SignInChallengeEndedError
            It is unknown or over, was tried too often, or the password has changed since.
        SecondFactorInvalidError
            The proof is not right.
        SecondFactorLimitedError
            Too many were not, of late.
        ServiceUnavailableError
            Nobody was signed in; signing in anew is safe.
        """
        waiting = await self._challenges.attempt_sign_in(challenge, method=proof.method)
        if waiting is None:
            raise SignInChallengeEndedError("no sign-in waits for this")
        await self._proofs.admit(waiting.user_id, caller)
        former = await self._entrance.find_former(caller)
        checked = Credentials(waiting.user_id, "", waiting.password_changed_at)
        session = None
        async with self._database.transaction() as connection:
            account = await find_account_locked(connection, waiting.user_id)
            if account is None or not await is_still_set(connection, checked):
                raise SignInChallengeEndedError("the account has changed since the password was given")
            if await self._proofs.accepts(connection, account.id, proof, challenge=waiting.webauthn):
                if not await self._challenges.end_sign_in(challenge):
                    raise SignInChallengeEndedError("this sign-in is done")
                session = await self._entrance.sign_in(
                    connection, account, former=former, caller=caller, methods=["password", proof.method]
                )
        if session is None:
            await self._refuse(account.id, caller)
        await self._proofs.note_success(account.id, caller)
        await self._entrance.leave_former(former)
        return Entered(account=account, session=session)

    async def _refuse(self, user_id: UUID, caller: Caller) -> NoReturn:
        async with self._database.transaction() as connection:
            await append_audit(
                connection,
                Action.SIGN_IN_REFUSED,
                user_id=user_id,
                address=caller.address,
                reason="second-factor-wrong",
            )
        raise SecondFactorInvalidError("this is no second factor of the account, or it was used before")
