"""The refusals about organisations and roles, each with its stable code."""

from chassis.errors import ErrorKind, PlatformError


class OrganisationNotFoundError(PlatformError):
    """There is no such organisation, or the caller is no member of it."""

    code = "organisation_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "You are in no such organisation"
    default_remedy = "GET /api/v1/organisations lists yours."


class OrganisationRoleError(PlatformError):
    """A member lacks the role for this; nothing was changed."""

    code = "organisation_role"
    kind = ErrorKind.FORBIDDEN
    title = "Your role in the organisation is not enough"
    default_remedy = "Ask an owner; GET /api/v1/organisations/{slug}/members names them."


class OrganisationSlugTakenError(PlatformError):
    """Another organisation has, or had, the slug; nothing was written."""

    code = "organisation_slug_taken"
    kind = ErrorKind.CONFLICT
    title = "The organisation's slug is taken"
    default_remedy = "Choose another one."


class LastOwnerError(PlatformError):
    """An organisation is never without an owner; nothing was changed."""

    code = "last_owner"
    kind = ErrorKind.CONFLICT
    title = "The organisation would be without an owner"
    default_remedy = "Make another member an owner first, or delete the organisation."


class OrganisationLimitError(PlatformError):
    """The account is in too many organisations, or the organisation has too many members; nothing was changed."""

    code = "organisation_limit"
    kind = ErrorKind.CONFLICT
    title = "There are too many"
    default_remedy = "Leave an organisation, or remove a member."


class MemberNotFoundError(PlatformError):
    """The account is no member of the organisation."""

    code = "member_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "The organisation has no such member"
    default_remedy = "GET /api/v1/organisations/{slug}/members lists them."


class InvitationNotFoundError(PlatformError):
    """There is no such invitation, or it is another's, answered, withdrawn or expired."""

    code = "invitation_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such invitation"
    default_remedy = "GET /api/v1/auth/invitations lists those that wait for you."


class AccountNotFoundError(PlatformError):
    """No account has this id."""

    code = "account_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such account"
    default_remedy = "Find it by its address with GET /api/v1/admin/accounts."


class LastAdministratorError(PlatformError):
    """The platform is never without an administrator; nothing was changed."""

    code = "last_administrator"
    kind = ErrorKind.CONFLICT
    title = "The platform would be without an administrator"
    default_remedy = "Make another account an administrator first."
