"""What the addresses take and give."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from auth.api.fields import EmailField, NameField, NewPassword, Password, Website
from auth.domain.accounts import Account, DeveloperProfile
from auth.domain.sessions import hash_prefix
from auth.usecases.entrance import Entered
from auth.usecases.own_sessions import OwnSession
from auth.usecases.register_developer import RegisteredDeveloper
from auth.usecases.session_issuer import OpenedSession
from contracts.identity import Method, Role


class Body(BaseModel):
    """What every body has in common."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class RegisterBody(Body):
    """A new account."""

    email: EmailField
    password: NewPassword
    name: NameField = Field(description="What others see beside reviews and plugins.")


class LoginBody(Body):
    """Who signs in."""

    email: EmailField
    password: Password


class ChangePasswordBody(Body):
    """Another password."""

    present_password: Password
    new_password: NewPassword


class DeleteAccountBody(Body):
    """A sign that the deletion is meant."""

    email: EmailField = Field(description="The account's address.")


class RegisterDeveloperBody(Body):
    """A new developer."""

    display_name: NameField = Field(description="What others see beside plugins.")
    website: Website | None = None


class RenewBody(Body):
    """The session that the gateway holds."""

    session: str = Field(max_length=200)


class UserView(BaseModel):
    """An account, for its owner."""

    id: UUID
    email: str
    email_verified: bool = Field(description="Whether its owner has shown to read mails to it.")
    name: str
    roles: list[Role]

    @classmethod
    def of(cls, account: Account) -> "UserView":
        """Show an account."""
        return cls(
            id=account.id,
            email=account.email,
            email_verified=account.is_email_verified,
            name=account.name,
            roles=list(account.roles),
        )


class SessionView(BaseModel):
    """A session that was just opened."""

    token: str = Field(description="Also set as a cookie; may be sent as 'Authorization: Bearer …'. Shown only once.")
    expires_at: datetime = Field(description="When it ends unless it is used.")

    @classmethod
    def of(cls, session: OpenedSession) -> "SessionView":
        """Show a session."""
        return cls(token=session.session_id, expires_at=session.expires_at)


class SignedInView(BaseModel):
    """Somebody is signed in."""

    user: UserView
    session: SessionView

    @classmethod
    def of(cls, entered: Entered) -> "SignedInView":
        """Show a sign-in."""
        return cls(user=UserView.of(entered.account), session=SessionView.of(entered.session))


class OwnSessionView(BaseModel):
    """One of the account's open sessions."""

    id: str = Field(description="Names the session here and in the audit; it is not the secret that signs in.")
    device: str = Field(description="As the client described itself at the sign-in.", examples=["Firefox on Linux"])
    network: str = Field(description="The shortened address of the sign-in.", examples=["203.0.113.0/24"])
    signed_in_at: datetime | None = Field(description="Absent for sessions from before this was kept.")
    last_seen_at: datetime | None = Field(description="To five minutes.")
    is_current: bool = Field(description="Whether it is the session of this request.")

    @classmethod
    def of(cls, own: OwnSession) -> "OwnSessionView":
        """Show a session."""
        session = own.session
        return cls(
            id=hash_prefix(session.session_hash),
            device=session.origin.device,
            network=session.origin.network,
            signed_in_at=session.opened_at,
            last_seen_at=session.seen_at,
            is_current=own.is_current,
        )


class OwnSessionsView(BaseModel):
    """The account's open sessions."""

    sessions: list[OwnSessionView]


class CsrfView(BaseModel):
    """The session's token for changes."""

    token: str


class MeView(BaseModel):
    """Who the caller is."""

    kind: Literal["user", "anonymous", "none"] = Field(description="'none' is a visitor who has no session yet.")
    user: UserView | None = None
    anonymous_id: UUID | None = None
    authenticated_at: datetime | None = Field(default=None, description="When the account last proved who it is.")
    methods: list[Method] = Field(default=[], description="By what.")
    recent_until: datetime | None = Field(
        default=None,
        description="Until when what needs a recent authentication is permitted; then see POST /auth/step-up.",
    )


class DeveloperProfileView(BaseModel):
    """A developer, for themselves."""

    id: UUID = Field(description="The account's id.")
    display_name: str
    website: str | None
    registered_at: datetime

    @classmethod
    def of(cls, profile: DeveloperProfile) -> "DeveloperProfileView":
        """Show a profile."""
        return cls(
            id=profile.id,
            display_name=profile.display_name,
            website=profile.website,
            registered_at=profile.registered_at,
        )


class RegisteredDeveloperView(DeveloperProfileView):
    """A developer, and the session by which it goes on."""

    session: SessionView | None = Field(description="null where the account was registered before: the session stays.")

    @classmethod
    def registered(cls, registered: RegisteredDeveloper) -> "RegisteredDeveloperView":
        """Show what a registration did."""
        profile = DeveloperProfileView.of(registered.profile)
        session = None if registered.session is None else SessionView.of(registered.session)
        return cls(**profile.model_dump(), session=session)


class RenewedView(BaseModel):
    """A fresh identity, for the gateway.

    `expires_at` is the identity's, in seconds since the epoch; `max_age_seconds` how long the session lives on unless
    it is used, which is what its cookie may say anew.
    """

    identity: str
    expires_at: int
    max_age_seconds: int


class AnonymousView(RenewedView):
    """A fresh anonymous session, for the gateway."""

    session: str
