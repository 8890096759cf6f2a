"""What is written by mail: plain text, nothing in it that a stranger chose."""

from dataclasses import dataclass
from enum import StrEnum


class MailKind(StrEnum):
    """What a mail is for."""

    VERIFICATION = "verification"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of a kind
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a kind
    TOKEN_LEAKED = "token-leaked"  # noqa: S105 - the name of a kind
    REGISTRATION = "registration"
    REGISTRATION_TAKEN = "registration-taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail to one address. It may hold a secret: never log it."""

    to: str
    subject: str
    text: str

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Letter(…)"


_SUBJECTS = {
    MailKind.VERIFICATION: "Confirm your e-mail address",
    MailKind.PASSWORD_RESET: "Reset your password",
    MailKind.PASSWORD_CHANGED: "Your password was changed",
    MailKind.TOKEN_LEAKED: "An API token of yours has leaked",
    MailKind.REGISTRATION: "Confirm your new account",
    MailKind.REGISTRATION_TAKEN: "You have an account already",
}

_TEXTS = {
    MailKind.VERIFICATION: """\
an account at {origin} was opened with this e-mail address. If it is yours,
confirm it within 24 hours with this code:

    {token}

where the platform asks for it, or by
POST {origin}/api/v1/auth/verification/confirm

If you have no account there, somebody mistyped an address: do nothing.
""",
    MailKind.PASSWORD_RESET: """\
somebody, perhaps you, asked to reset the password of your account at
{origin} (from the network {network}). This code sets another one; it works once,
for 30 minutes, and only the newest does:

    {token}

where the platform asks for it, or by
POST {origin}/api/v1/auth/password-reset/confirm

If it was not you, do nothing: your password stays as it is. Tell nobody the code.
""",
    MailKind.PASSWORD_CHANGED: """\
the password of your account at {origin} was changed (from the network
{network}), and every other session of it has ended.

If it was not you, reset the password at once:
POST {origin}/api/v1/auth/password-reset
""",
    MailKind.TOKEN_LEAKED: """\
somebody found an API token of your account at {origin} where others could read it,
and reported it. The token has ended. Which one it was, your account's log says:
GET {origin}/api/v1/auth/audit

Look at what was done with it, and make another where you need one.
""",
    MailKind.REGISTRATION: """\
somebody, perhaps you, wants to open an account at {origin} with this e-mail
address (from the network {network}). Confirm it within 24 hours with this code and the
password that you chose:

    {token}

where the platform asks for it, or by
POST {origin}/api/v1/auth/register/confirm

If it was not you, do nothing: there will be no account. Tell nobody the code.
""",
    MailKind.REGISTRATION_TAKEN: """\
somebody, perhaps you, wants to open an account at {origin} with this e-mail
address (from the network {network}), which has one already. Nothing has changed.

If you forgot the password, ask for another:
POST {origin}/api/v1/auth/password-reset
""",
}


def compose(kind: MailKind, *, to: str, origin: str, network: str, token: str = "") -> Letter:
    """Write a mail.

    Parameters
    ----------
    to
        The address, as the account has it.
    origin
        The platform's public address by its settings, never by a request.
    network
        Whence it was asked for, shortened.
    token
        The secret, where the kind has one.
    """
    text = "Hello,\n\n" + _TEXTS[kind].format(origin=origin, network=network, token=token)
    return Letter(to=to, subject=_SUBJECTS[kind], text=text)
