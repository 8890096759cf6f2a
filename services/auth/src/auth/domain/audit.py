"""What the audit records."""

from enum import StrEnum


class Action(StrEnum):
    """Something that an account did, or that was done to it; in the past tense."""

    REGISTERED = "account.registered"
    SIGNED_IN = "session.signed-in"
    SIGN_IN_REFUSED = "session.sign-in-refused"
    SIGNED_OUT = "session.signed-out"
    ANONYMOUS_CLAIMED = "account.anonymous-claimed"
    DEVELOPER_REGISTERED = "account.developer-registered"
    ROLES_GRANTED = "account.roles-granted"
    PASSWORD_SET = "account.password-set"  # noqa: S105 - the name of an action
