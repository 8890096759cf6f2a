"""Somebody who is signed in proves again who they are."""

from typing import Any, NoReturn
from uuid import UUID

from auth.domain.accounts import Account
from auth.domain.audit import Action, Target
from auth.domain.errors import (
    PasswordNotEnoughError,
    PresentPasswordWrongError,
    SecondFactorNotFoundError,
    SecondFactorWrongError,
    SessionEndedError,
)
from auth.domain.second_factor.factors import SecondProof
from auth.domain.second_factor.relying_party import RelyingParty
from auth.domain.sessions import subject_of
from auth.storage.accounts import find_account_locked, is_still_set
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.second_factor.challenges import Challenges
from auth.storage.second_factor.factors import find_factors
from auth.storage.sessions import StoredSession
from auth.usecases.caller import Caller
from auth.usecases.entrance import Entered
from auth.usecases.present_password import PresentPassword
from auth.usecases.second_factor.proof_check import ProofCheck
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database
from contracts.identity import Method


class StepUp:
    """Takes a proof from whoever holds a session, which then goes on under another id.

    Parameters
    ----------
    database
        Where accounts are.
    sessions
        Rotates the session.
    present_password
        Checks a password.
    proofs
        Checks a second factor.
    challenges
        What security keys have to sign.
    relying_party
        Writes what security keys need.
    """

    def __init__(
        self,
        *,
        database: Database,
        sessions: SessionIssuer,
        present_password: PresentPassword,
        proofs: ProofCheck,
        challenges: Challenges,
        relying_party: RelyingParty,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._present_password = present_password
        self._proofs = proofs
        self._challenges = challenges
        self._relying_party = relying_party

    async def by_password(self, user_id: UUID, password: str, caller: Caller) -> Entered:
        """Step up where the account has no second factor.

        Raises
        ------
        PasswordNotEnoughError
            It has one.
        PresentPasswordWrongError
            The password is another, or was changed at this very moment.
        SessionEndedError
            The session that asks is over, or its account gone.
        SignInLimitedError
            Too many attempts failed of late.
        PasswordWorkBusyError, ServiceUnavailableError
            A retry is safe.
        """
        session = await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.read() as connection:
            if (await find_factors(connection, user_id)).is_on:
                raise PasswordNotEnoughError("this account has a second factor, which has to be shown")
        credentials = await self._present_password.check(user_id, password, caller, refusal=Action.STEP_UP_REFUSED)
        async with self._database.transaction() as connection:
            account = await find_account_locked(connection, user_id)
            if account is None or not await is_still_set(connection, credentials):
                raise PresentPasswordWrongError("the password was changed at this very moment")
            if (await find_factors(connection, user_id)).is_on:
                raise PasswordNotEnoughError("this account has a second factor, which has to be shown")
            return await self._rotate(connection, account, session, caller, "password")

    async def by_second_factor(self, user_id: UUID, proof: SecondProof, caller: Caller) -> Entered:
        """Step up by a second factor.

        Raises
        ------
        SecondFactorWrongError
            It is not right, or was used before.
        SessionEndedError
            The session that asks is over, or its account gone.
        SecondFactorLimitedError
            Too many were not right, of late.
        ServiceUnavailableError
            A retry with another code is safe.
        """
        session = await self._sessions.find_own(caller.session_id, user_id)
        await self._proofs.admit(user_id, caller)
        challenge = None
        if proof.method == "webauthn":
            challenge = await self._challenges.take_webauthn("step-up", session.session_hash)
        entered = None
        async with self._database.transaction() as connection:
            account = await find_account_locked(connection, user_id)
            if account is None:
                raise SessionEndedError("the account of this session does not exist")
            if await self._proofs.accepts(connection, user_id, proof, challenge=challenge):
                entered = await self._rotate(connection, account, session, caller, proof.method)
        if entered is None:
            await self._refuse(user_id, caller)
        await self._proofs.note_success(user_id, caller)
        return entered

    async def webauthn_options(self, user_id: UUID, caller: Caller) -> dict[str, Any]:
        """Give what a security key has to sign within five minutes.

        Raises
        ------
        SecondFactorNotFoundError
            The account has no security key.
        SessionEndedError
            The session that asks is over.
        ServiceUnavailableError
            A retry is safe.
        """
        session = await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.read() as connection:
            keys = (await find_factors(connection, user_id)).security_keys
        if not keys:
            raise SecondFactorNotFoundError("the account has no security key")
        challenge = await self._challenges.begin_webauthn("step-up", session.session_hash)
        return self._relying_party.authentication_options(present=keys, challenge=challenge)

    async def _rotate(
        self, connection: Connection, account: Account, session: StoredSession, caller: Caller, method: Method
    ) -> Entered:
        """Give the session another id, before the commit: where that fails, somebody is signed out at worst."""
        opened = await self._sessions.rotate(
            session, subject_of(account), authentication=self._sessions.authenticated(method)
        )
        await append_audit(
            connection,
            Action.STEPPED_UP,
            user_id=account.id,
            address=caller.address,
            target=Target("session", opened.name),
            reason=method,
        )
        return Entered(account=account, session=opened)

    async def _refuse(self, user_id: UUID, caller: Caller) -> NoReturn:
        async with self._database.transaction() as connection:
            await append_audit(
                connection,
                Action.STEP_UP_REFUSED,
                user_id=user_id,
                address=caller.address,
                reason="second-factor-wrong",
            )
        raise SecondFactorWrongError("this is no second factor of the account, or it was used before")
