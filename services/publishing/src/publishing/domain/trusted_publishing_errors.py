"""Refusals of trusted publishing; each code is stable."""

from chassis.errors import ErrorKind, PlatformError


class PublisherInvalidError(PlatformError):
    """The publisher names an issuer that is not trusted, or pins too little; nothing was written."""

    code = "publisher_invalid"
    kind = ErrorKind.INVALID
    title = "The trusted publisher is not valid"
    default_remedy = "GET the plugin's publishers: 'issuers' says what each issuer needs and may have pinned."


class PublisherExistsError(PlatformError):
    """The plugin has this very publisher, or as many as it may; nothing was written."""

    code = "publisher_exists"
    kind = ErrorKind.CONFLICT
    title = "The trusted publisher cannot be added"
    default_remedy = "List the plugin's publishers, and remove one first."


class PublisherNotFoundError(PlatformError):
    """The plugin has no publisher of this id; nothing was changed."""

    code = "publisher_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "The plugin has no such trusted publisher"
    default_remedy = "List the plugin's publishers."


class AssertionRefusedError(PlatformError):
    """The identity token of the other platform is not sound, not for this platform, or not of this moment."""

    code = "assertion_refused"
    kind = ErrorKind.UNAUTHENTICATED
    title = "The identity token is refused"
    default_remedy = "Ask the issuer for a fresh one with this platform's audience, and send it at once."


class AssertionUsedError(PlatformError):
    """A publishing token was made for this identity token already."""

    code = "assertion_replayed"
    kind = ErrorKind.CONFLICT
    title = "The identity token was used before"
    default_remedy = (
        "Ask the issuer for a fresh one: each gives one publishing token. If nobody of yours used it, find out who can"
        " read the job's environment."
    )


class PublisherNotConfiguredError(PlatformError):
    """No publisher of the plugin is what the identity token says, or whoever configured it may not publish any more."""

    code = "publisher_not_configured"
    kind = ErrorKind.FORBIDDEN
    title = "The plugin trusts no such publisher"
    default_remedy = "Compare the claims in 'detail' with the plugin's publishers; somebody who manages it adds one."
