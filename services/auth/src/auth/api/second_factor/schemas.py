"""What the addresses of the second factor take and give."""

import json
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from auth.api.fields import NameField, Password
from auth.api.schemas import SessionView
from auth.domain.second_factor.factors import Factors, SecondProof, SecurityKey
from auth.domain.second_factor.recovery_codes import MAX_TYPED_LENGTH
from auth.domain.second_factor.totp import CODE_PATTERN
from auth.usecases.second_factor.enrolment import ProposedTotp
from auth.usecases.second_factor.factor_change import ChangedFactors

_MAX_CHALLENGE_LENGTH = 100

Code = Annotated[str, Field(pattern=CODE_PATTERN, description="From the app, as it shows it.", examples=["123 456"])]
RecoveryCode = Annotated[
    SecretStr, Field(min_length=1, max_length=MAX_TYPED_LENGTH, description="Works once; case and hyphens are ignored.")
]
KeyAnswer = Annotated[
    dict[str, Any],
    Field(description="What `PublicKeyCredential.toJSON()` gives in the browser."),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _ProofBody(_Body):
    code: Code | None = None
    recovery_code: RecoveryCode | None = None
    assertion: KeyAnswer | None = None

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if len(self.given()) != 1:
            raise PydanticCustomError("one_proof", "exactly one proof is to be given")
        return self

    def given(self) -> list[object]:
        """List the proofs that are there."""
        return [each for each in (self.code, self.recovery_code, self.assertion) if each is not None]

    def proof(self) -> SecondProof:
        """Give the second factor that is presented; there has to be one."""
        if self.code is not None:
            return SecondProof("totp", self.code)
        if self.recovery_code is not None:
            return SecondProof("recovery-code", self.recovery_code.get_secret_value())
        return SecondProof("webauthn", json.dumps(self.assertion))


class SecondStepBody(_ProofBody):
    """The second step of signing in; exactly one of `code`, `recovery_code` and `assertion`."""

    challenge: str = Field(max_length=_MAX_CHALLENGE_LENGTH, description="Of the answer `second_factor_required`.")


class StepUpBody(_ProofBody):
    """Exactly one proof; the password only where the account has no second factor."""

    password: Password | None = None

    def given(self) -> list[object]:
        """List the proofs that are there."""
        return [*super().given(), *([self.password] if self.password is not None else [])]


class ConfirmTotpBody(_Body):
    """The first code of an app."""

    code: Code


class AddSecurityKeyBody(_Body):
    """A new security key."""

    name: NameField = Field(description="By which its owner knows it.")
    credential: KeyAnswer


class ProposedTotpView(BaseModel):
    """What an app needs; shown only once."""

    secret: str = Field(description="Base32, for typing.")
    uri: str = Field(description="For a QR code.", examples=["otpauth://totp/…"])

    @classmethod
    def of(cls, proposed: ProposedTotp) -> "ProposedTotpView":
        """Show a secret."""
        return cls(secret=proposed.secret, uri=proposed.uri)


class SecurityKeyView(BaseModel):
    """A security key."""

    id: UUID
    name: str
    added_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: SecurityKey) -> "SecurityKeyView":
        """Show a key."""
        return cls(id=key.id, name=key.name, added_at=key.created_at, last_used_at=key.last_used_at)


class FactorsView(BaseModel):
    """The account's second factors."""

    is_on: bool = Field(description="Whether signing in takes a second factor.")
    totp_since: datetime | None = Field(description="When one-time codes were turned on.")
    security_keys: list[SecurityKeyView]
    recovery_codes_left: int

    @classmethod
    def of(cls, factors: Factors) -> "FactorsView":
        """Show factors."""
        return cls(
            is_on=factors.is_on,
            totp_since=factors.totp_since,
            security_keys=[SecurityKeyView.of(key) for key in factors.security_keys],
            recovery_codes_left=factors.recovery_codes,
        )


class ChangedFactorsView(BaseModel):
    """The account's second factors after a change, and its only session."""

    second_factor: FactorsView
    session: SessionView
    recovery_codes: list[str] | None = Field(description="New ones, shown only once; null where they stay as they are.")

    @classmethod
    def of(cls, changed: ChangedFactors) -> "ChangedFactorsView":
        """Show a change."""
        return cls(
            second_factor=FactorsView.of(changed.factors),
            session=SessionView.of(changed.session),
            recovery_codes=list(changed.recovery_codes) or None,
        )
