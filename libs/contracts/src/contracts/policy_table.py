"""The table of who may do what; `docs/authorisation.md` is made from it, and every cell is tried over HTTP."""

from contracts.policy import Needs, Ownership, Rule

_OWN = frozenset({Ownership.OWN})
_WHO_MANAGES = frozenset({Ownership.OWN, Ownership.ORGANISATION_OWNER, Ownership.ORGANISATION_MAINTAINER})
_WHO_GIVES = frozenset({Ownership.OWN, Ownership.ORGANISATION_OWNER})
_OWNERS = frozenset({Ownership.ORGANISATION_OWNER})
_MEMBERS = _OWNERS | {Ownership.ORGANISATION_MAINTAINER, Ownership.ORGANISATION_MEMBER}
_WHO_SEES = _WHO_MANAGES | {Ownership.ORGANISATION_MEMBER}

_CATALOGUE = (
    Rule(
        operation="catalogue.read",
        routes=(
            "GET /plugins",
            "GET /plugins/categories",
            "GET /plugins/{plugin_id}",
            "GET /plugins/{plugin_id}/versions",
            "GET /plugins/{plugin_id}/versions/{version}",
            "GET /plugins/{plugin_id}/versions/{version}/bundle",
            "GET /plugins/{plugin_id}/versions/{version}/source-map",
            "GET /plugins/{plugin_id}/reviews",
            "GET /changes",
        ),
        needs=Needs.ANYONE,
    ),
    Rule(
        operation="review.own",
        routes=(
            "GET /plugins/{plugin_id}/reviews/mine",
            "PUT /plugins/{plugin_id}/reviews/mine",
            "DELETE /plugins/{plugin_id}/reviews/mine",
        ),
        needs=Needs.ACCOUNT,
    ),
    Rule(operation="review.export", routes=("GET /reviews/export",), needs=Needs.ACCOUNT),
)

_INSTALLS = (
    Rule(operation="install.export", routes=("GET /user/export",), needs=Needs.IDENTITY),
    Rule(operation="install.list", routes=("GET /user/plugins",), needs=Needs.ANYONE, action="installs:read"),
    Rule(
        operation="install.read",
        routes=("GET /user/plugins/{plugin_id}",),
        needs=Needs.IDENTITY,
        action="installs:read",
        plugin="path",
    ),
    Rule(
        operation="install.create",
        routes=("POST /user/plugins/install",),
        needs=Needs.IDENTITY,
        action="installs:write",
        plugin="found",
    ),
    Rule(
        operation="install.change",
        routes=("PATCH /user/plugins/{plugin_id}", "DELETE /user/plugins/{plugin_id}"),
        needs=Needs.IDENTITY,
        action="installs:write",
        plugin="path",
    ),
)

_ACCOUNTS = (
    Rule(
        operation="session.begin",
        routes=("POST /auth/register", "POST /auth/login", "POST /auth/login/second-factor", "POST /auth/logout"),
        needs=Needs.ANYONE,
    ),
    Rule(
        operation="account.by-mail",
        routes=(
            "POST /auth/register/confirm",
            "POST /auth/verification/confirm",
            "POST /auth/password-reset",
            "POST /auth/password-reset/confirm",
        ),
        needs=Needs.ANYONE,
    ),
    Rule(operation="account.verification", routes=("POST /auth/verification",), needs=Needs.ACCOUNT),
    Rule(operation="account.who", routes=("GET /auth/me",), needs=Needs.ANYONE, action="account:read"),
    Rule(operation="session.csrf", routes=("GET /auth/csrf",), needs=Needs.IDENTITY),
    Rule(operation="account.password", routes=("PUT /auth/password",), needs=Needs.ACCOUNT),
    Rule(operation="account.export", routes=("GET /auth/me/export",), needs=Needs.ACCOUNT),
    Rule(operation="account.delete", routes=("DELETE /auth/me",), needs=Needs.ACCOUNT, recent=True),
    Rule(operation="account.audit", routes=("GET /auth/audit",), needs=Needs.ACCOUNT),
    Rule(operation="session.list", routes=("GET /auth/sessions", "DELETE /auth/sessions"), needs=Needs.ACCOUNT),
    Rule(
        operation="session.end",
        routes=("DELETE /auth/sessions/{session_id}",),
        needs=Needs.ACCOUNT,
        of=_OWN,
        hidden=True,
    ),
    Rule(
        operation="session.step-up", routes=("POST /auth/step-up", "POST /auth/step-up/webauthn"), needs=Needs.ACCOUNT
    ),
    Rule(operation="second-factor.read", routes=("GET /auth/second-factor",), needs=Needs.ACCOUNT),
    Rule(
        operation="second-factor.change",
        routes=(
            "POST /auth/second-factor/totp",
            "POST /auth/second-factor/totp/confirm",
            "DELETE /auth/second-factor/totp",
            "POST /auth/second-factor/webauthn/options",
            "POST /auth/second-factor/webauthn",
            "DELETE /auth/second-factor/webauthn/{key_id}",  # looked for among the caller's own
            "POST /auth/second-factor/recovery-codes",
        ),
        needs=Needs.ACCOUNT,
        recent=True,
    ),
    Rule(operation="token.create", routes=("POST /auth/tokens",), needs=Needs.ACCOUNT, recent=True),
    Rule(operation="token.list", routes=("GET /auth/tokens",), needs=Needs.ACCOUNT),
    Rule(
        operation="token.revoke",
        routes=("DELETE /auth/tokens/{token_id}",),
        needs=Needs.ACCOUNT,
        of=_OWN,
        hidden=True,
    ),
    Rule(operation="token.report-leak", routes=("POST /auth/tokens/leaks",), needs=Needs.ANYONE),
    Rule(
        operation="device.begin",
        routes=("POST /auth/device/code", "POST /auth/device/token"),
        needs=Needs.ANYONE,
    ),
    Rule(operation="device.show", routes=("GET /auth/device/{user_code}",), needs=Needs.ACCOUNT),
    Rule(operation="device.decide", routes=("POST /auth/device/{user_code}",), needs=Needs.ACCOUNT, recent=True),
    Rule(operation="developer.register", routes=("POST /developer/register",), needs=Needs.ACCOUNT),
    Rule(operation="developer.profile", routes=("GET /developer/profile",), needs=Needs.ACCOUNT),
)

_ADMINISTRATION = (
    Rule(operation="account.find", routes=("GET /admin/accounts",), needs=Needs.ADMINISTRATOR),
    Rule(
        operation="account.roles",
        routes=("PUT /admin/accounts/{user_id}/roles",),
        needs=Needs.ADMINISTRATOR,
        recent=True,
    ),
)

_ORGANISATIONS = (
    Rule(
        operation="organisation.own",
        routes=("POST /organisations", "GET /organisations", "GET /auth/invitations"),
        needs=Needs.ACCOUNT,
    ),
    Rule(
        operation="invitation.answer",
        routes=("POST /auth/invitations/{invitation_id}/accept", "POST /auth/invitations/{invitation_id}/decline"),
        needs=Needs.ACCOUNT,
        of=_OWN,
        hidden=True,
    ),
    Rule(
        operation="organisation.read",
        routes=("GET /organisations/{slug}", "GET /organisations/{slug}/members"),
        needs=Needs.ACCOUNT,
        of=_MEMBERS,
        hidden=True,
    ),
    Rule(
        operation="organisation.leave",
        routes=("DELETE /organisations/{slug}/membership",),
        needs=Needs.ACCOUNT,
        of=_MEMBERS,
        hidden=True,
        recent=True,
    ),
    Rule(
        operation="organisation.manage",
        routes=(
            "PATCH /organisations/{slug}",
            "GET /organisations/{slug}/invitations",
            "DELETE /organisations/{slug}/invitations/{invitation_id}",
            "GET /organisations/{slug}/audit",
        ),
        needs=Needs.ACCOUNT,
        of=_OWNERS,
        hidden=True,
    ),
    Rule(
        operation="organisation.members",
        routes=(
            "POST /organisations/{slug}/invitations",
            "PATCH /organisations/{slug}/members/{user_id}",
            "DELETE /organisations/{slug}/members/{user_id}",
            "DELETE /organisations/{slug}",
        ),
        needs=Needs.ACCOUNT,
        of=_OWNERS,
        hidden=True,
        recent=True,
    ),
)

_PUBLISHING = (
    Rule(operation="publishing.export", routes=("GET /developer/export",), needs=Needs.ACCOUNT),
    Rule(operation="plugin.list", routes=("GET /developer/plugins",), needs=Needs.DEVELOPER, action="plugins:read"),
    Rule(
        operation="plugin.register",
        routes=("POST /developer/plugins",),
        needs=Needs.DEVELOPER,
        action="plugins:write",
        plugin="found",
    ),
    Rule(
        operation="plugin.read",
        routes=("GET /developer/plugins/{plugin_id}",),
        needs=Needs.DEVELOPER,
        of=_WHO_SEES,
        action="plugins:read",
        plugin="path",
    ),
    Rule(
        operation="plugin.update",
        routes=("PATCH /developer/plugins/{plugin_id}",),
        needs=Needs.DEVELOPER,
        of=_WHO_MANAGES,
        action="plugins:write",
        plugin="path",
    ),
    Rule(
        operation="plugin.transfer",
        routes=(
            "POST /developer/plugins/{plugin_id}/transfer",
            "GET /developer/plugins/{plugin_id}/transfer",
            "DELETE /developer/plugins/{plugin_id}/transfer",
        ),
        needs=Needs.DEVELOPER,
        of=_WHO_GIVES,
        recent=True,
    ),
    Rule(operation="transfer.list", routes=("GET /developer/transfers",), needs=Needs.DEVELOPER),
    Rule(
        operation="transfer.answer",
        routes=(
            "POST /developer/transfers/{transfer_id}/accept",
            "POST /developer/transfers/{transfer_id}/decline",
        ),
        needs=Needs.DEVELOPER,
        of=_WHO_MANAGES,
        hidden=True,
        recent=True,
    ),
    Rule(
        operation="version.submit",
        routes=("POST /developer/plugins/{plugin_id}/versions",),
        needs=Needs.DEVELOPER,
        of=_WHO_MANAGES,
        action="versions:publish",
        plugin="path",
    ),
    Rule(
        operation="version.withdraw",
        routes=("DELETE /developer/plugins/{plugin_id}/versions/{version}",),
        needs=Needs.DEVELOPER,
        of=_WHO_MANAGES,
        action="versions:withdraw",
        plugin="path",
    ),
    Rule(
        operation="publisher.list",
        routes=("GET /developer/plugins/{plugin_id}/publishers",),
        needs=Needs.DEVELOPER,
        of=_WHO_MANAGES,
    ),
    Rule(
        operation="publisher.change",
        routes=(
            "POST /developer/plugins/{plugin_id}/publishers",
            "DELETE /developer/plugins/{plugin_id}/publishers/{publisher_id}",
        ),
        needs=Needs.DEVELOPER,
        of=_WHO_MANAGES,
        recent=True,
    ),
    Rule(operation="publisher.exchange", routes=("POST /developer/trusted-publishing/exchange",), needs=Needs.ANYONE),
    Rule(
        operation="submission.read",
        routes=("GET /developer/submissions/{submission_id}",),
        needs=Needs.DEVELOPER,
        of=_WHO_SEES,
        action="plugins:read",
        plugin="found",
    ),
)

_REVIEWING = (
    Rule(
        operation="submission.review",
        routes=(
            "GET /review/queue",
            "GET /review/submissions/{submission_id}",
            "GET /review/submissions/{submission_id}/bundle",
        ),
        needs=Needs.REVIEWER,
    ),
    Rule(
        operation="submission.decide",
        routes=("POST /review/submissions/{submission_id}/decision",),
        needs=Needs.REVIEWER,
    ),
    Rule(
        operation="plugin.block",
        routes=("POST /admin/plugins/{plugin_id}/suspend", "POST /admin/plugins/{plugin_id}/restore"),
        needs=Needs.ADMINISTRATOR,
        recent=True,
    ),
)

RULES: dict[str, Rule] = {
    rule.operation: rule
    for rule in (*_CATALOGUE, *_INSTALLS, *_ACCOUNTS, *_ADMINISTRATION, *_ORGANISATIONS, *_PUBLISHING, *_REVIEWING)
}
"""All rules by the name of their operation."""
