"""Somebody adds a second factor: it counts once it was shown to work."""

from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from auth.domain.accounts import Account
from auth.domain.audit import Action, Target
from auth.domain.errors import SecondFactorExistsError, SecondFactorWrongError, SessionEndedError
from auth.domain.second_factor.factors import MAX_SECURITY_KEYS, Factors
from auth.domain.second_factor.relying_party import RelyingParty, SecurityKeyRefusedError
from auth.domain.second_factor.secret_box import SecretBox
from auth.domain.second_factor.totp import new_totp_secret, totp_uri
from auth.storage.accounts import find_account_locked
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.second_factor.challenges import Challenges
from auth.storage.second_factor.factors import find_factors
from auth.storage.second_factor.security_keys import insert_security_key
from auth.storage.second_factor.totp import propose_totp
from auth.usecases.caller import Caller
from auth.usecases.second_factor.factor_change import ChangedFactors, FactorChange
from auth.usecases.second_factor.proof_check import ProofCheck
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database


@dataclass(frozen=True, slots=True)
class ProposedTotp:
    """A secret that waits for its first code, shown this once, and the same as the address of a QR code."""

    secret: str
    uri: str


class Enrolment:
    """Adds second factors.

    Every method raises `SecondFactorExistsError` where the account has it already, `SessionEndedError` where the
    session that asks is over, and `ServiceUnavailableError`, after which a retry is safe.

    Parameters
    ----------
    database
        Where factors are.
    sessions
        Knows the session that asks.
    box
        Seals the secrets of codes.
    proofs
        Checks the first code, and counts failures.
    challenges
        What new security keys have to answer.
    relying_party
        Writes what they need, and checks their answers.
    change
        Ends every change.
    """

    def __init__(
        self,
        *,
        database: Database,
        sessions: SessionIssuer,
        box: SecretBox,
        proofs: ProofCheck,
        challenges: Challenges,
        relying_party: RelyingParty,
        change: FactorChange,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._box = box
        self._proofs = proofs
        self._challenges = challenges
        self._relying_party = relying_party
        self._change = change

    async def propose_totp(self, user_id: UUID) -> ProposedTotp:
        """Draw a secret for one-time codes; it replaces one that still waits for its first code."""
        secret = new_totp_secret()
        async with self._database.transaction() as connection:
            account = await _locked(connection, user_id)
            if not await propose_totp(connection, user_id, secret=self._box.seal(secret, user_id=user_id)):
                raise SecondFactorExistsError("the account has one-time codes already")
        return ProposedTotp(secret, totp_uri(secret, account=account.email))

    async def confirm_totp(self, user_id: UUID, code: str, caller: Caller) -> ChangedFactors:
        """Turn one-time codes on by the first one.

        Raises
        ------
        SecondFactorWrongError
            It is not right, or no secret waits for it.
        SecondFactorLimitedError
            Too many were not right, of late.
        """
        session = await self._sessions.find_own(caller.session_id, user_id)
        await self._proofs.admit(user_id, caller)
        changed = None
        async with self._database.transaction() as connection:
            account = await _locked(connection, user_id)
            before = await find_factors(connection, user_id)
            if await self._proofs.accepts_code(connection, user_id, code, confirmed=False):
                changed = await self._change.finish(
                    connection,
                    account,
                    session,
                    caller,
                    action=Action.FACTOR_ADDED,
                    target=Target("second-factor", "totp"),
                    codes_wanted=not before.is_on,
                )
        if changed is None:
            await self._refuse(user_id, caller, "totp")
        await self._proofs.note_success(user_id, caller)
        return changed

    async def security_key_options(self, user_id: UUID, caller: Caller) -> dict[str, Any]:
        """Give what a new security key needs, for five minutes."""
        session = await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.transaction() as connection:
            account = await _locked(connection, user_id)
            present = await self._with_room(connection, user_id)
        challenge = await self._challenges.begin_webauthn("registration", session.session_hash)
        return self._relying_party.registration_options(
            user_id=user_id, account=account.email, present=present.security_keys, challenge=challenge
        )

    async def add_security_key(self, user_id: UUID, *, name: str, answer: str, caller: Caller) -> ChangedFactors:
        """Add a security key by its answer.

        Raises
        ------
        SecondFactorWrongError
            It answers another challenge, comes from another address, or is of no known form.
        """
        session = await self._sessions.find_own(caller.session_id, user_id)
        challenge = await self._challenges.take_webauthn("registration", session.session_hash)
        if challenge is None:
            await self._refuse(user_id, caller, "webauthn")
        try:
            key = self._relying_party.check_registration(answer, challenge=challenge)
        except SecurityKeyRefusedError:
            await self._refuse(user_id, caller, "webauthn")
        async with self._database.transaction() as connection:
            account = await _locked(connection, user_id)
            before = await self._with_room(connection, user_id)
            key_id = await insert_security_key(connection, user_id, name=name, key=key)
            if key_id is None:
                raise SecondFactorExistsError("this security key has an account already")
            return await self._change.finish(
                connection,
                account,
                session,
                caller,
                action=Action.FACTOR_ADDED,
                target=Target("second-factor", str(key_id)),
                codes_wanted=not before.is_on,
            )

    @staticmethod
    async def _with_room(connection: Connection, user_id: UUID) -> Factors:
        factors = await find_factors(connection, user_id)
        if len(factors.security_keys) >= MAX_SECURITY_KEYS:
            raise SecondFactorExistsError(f"the account has {MAX_SECURITY_KEYS} security keys already")
        return factors

    async def _refuse(self, user_id: UUID, caller: Caller, method: str) -> NoReturn:
        async with self._database.transaction() as connection:
            await append_audit(
                connection,
                Action.FACTOR_REFUSED,
                user_id=user_id,
                address=caller.address,
                target=Target("second-factor", method),
            )
        raise SecondFactorWrongError("this does not show that the second factor works")


async def _locked(connection: Connection, user_id: UUID) -> Account:
    account = await find_account_locked(connection, user_id)
    if account is None:
        raise SessionEndedError("the account of this session does not exist")
    return account
