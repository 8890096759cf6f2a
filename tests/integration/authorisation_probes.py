"""For every route of the table of rights a request that does no harm, and what answers it where it is allowed.

Most fail after the caller's right is clear: a body that lacks everything, an ETag that never was, an id that is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Answer = tuple[int, str | None]
"""A status, and the code of the problem where it is one."""

INVALID: Answer = (422, "request_invalid")
NEVER = {"if-match": '"never"'}
FORM = "multipart/form-data; boundary=x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A request to a route.

    Parameters
    ----------
    allowed
        The answers to whoever may.
    body
        JSON; words in braces stand for ids, as in the route.
    content, headers
        Sent as they are.
    ids
        Instead of those of things that are there.
    foreign
        The code that refuses somebody else's thing.
    member
        The code that refuses an organisation's thing to a member whose role is not enough.
    """

    allowed: tuple[Answer, ...]
    body: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    foreign: str = "not_owner"
    member: str = "not_owner"


def ok(status: int = 200) -> Probe:
    return Probe(allowed=((status, None),))


def not_there(code: str, **more: Any) -> Probe:
    return Probe(allowed=((404, code),), **more)


def invalid(**more: Any) -> Probe:
    return Probe(allowed=(INVALID,), body={}, **more)


def nothing_to_match(**more: Any) -> Probe:
    return Probe(allowed=((412, "revision_mismatch"),), headers=NEVER, **more)


def invalid_parameters() -> Probe:
    return Probe(allowed=(INVALID,))


def organisation(status: int, code: str | None = None, **more: Any) -> Probe:
    return Probe(allowed=((status, code),), foreign="organisation_not_found", member="organisation_role", **more)


NO_USER = {"user_id": "00000000-0000-4000-8000-000000000000"}
NO_INVITATION = {"invitation_id": "00000000-0000-4000-8000-000000000000"}
NO_VERSION = {"version": "9.9.9"}
NO_KEY = {"key_id": "00000000-0000-0000-0000-000000000001"}
NO_PLUGIN = {"plugin_id": "no-such-plugin"}
NO_PUBLISHER = {"publisher_id": "00000000-0000-4000-8000-000000000000"}
NO_DEVICE = {"user_code": "BBBB-BBBB"}
LISTING = {"id": "{plugin_id}", "name": "A", "description": "A", "category": "utilities"}

PROBES: dict[str, Probe] = {
    "GET /plugins": ok(),
    "GET /plugins/categories": ok(),
    "GET /plugins/{plugin_id}": not_there("plugin_not_found"),
    "GET /plugins/{plugin_id}/versions": not_there("plugin_not_found"),
    "GET /plugins/{plugin_id}/versions/{version}": not_there("plugin_not_found", ids=NO_VERSION),
    "GET /plugins/{plugin_id}/versions/{version}/bundle": not_there("plugin_not_found", ids=NO_VERSION),
    "GET /plugins/{plugin_id}/versions/{version}/source-map": not_there("plugin_not_found", ids=NO_VERSION),
    "GET /plugins/{plugin_id}/reviews": not_there("plugin_not_found"),
    "GET /changes": ok(),
    "GET /plugins/{plugin_id}/reviews/mine": not_there("plugin_not_found"),
    "PUT /plugins/{plugin_id}/reviews/mine": not_there("plugin_not_found", body={"rating": 5, "text": "A"}),
    "DELETE /plugins/{plugin_id}/reviews/mine": not_there("plugin_not_found"),
    "GET /user/plugins": ok(),
    "GET /user/plugins/{plugin_id}": not_there("not_installed"),
    "POST /user/plugins/install": not_there("plugin_not_found", body={"plugin_id": "{plugin_id}"}, ids=NO_PLUGIN),
    "PATCH /user/plugins/{plugin_id}": not_there("not_installed", body={"enabled": True}),
    "DELETE /user/plugins/{plugin_id}": not_there("not_installed"),
    "POST /auth/register": invalid(),
    "POST /auth/login": invalid(),
    "POST /auth/login/second-factor": invalid(),
    "POST /auth/step-up": invalid(),
    "POST /auth/step-up/webauthn": not_there("second_factor_not_found"),
    "GET /auth/second-factor": ok(),
    "POST /auth/second-factor/totp": ok(201),
    "POST /auth/second-factor/totp/confirm": invalid(),
    "DELETE /auth/second-factor/totp": not_there("second_factor_not_found"),
    "POST /auth/second-factor/webauthn/options": ok(),
    "POST /auth/second-factor/webauthn": invalid(),
    "DELETE /auth/second-factor/webauthn/{key_id}": not_there("second_factor_not_found", ids=NO_KEY),
    "POST /auth/second-factor/recovery-codes": not_there("second_factor_not_found"),
    "POST /auth/logout": ok(204),
    "POST /auth/register/confirm": invalid(),
    "POST /auth/verification": ok(202),
    "POST /auth/verification/confirm": invalid(),
    "POST /auth/password-reset": invalid(),
    "POST /auth/password-reset/confirm": invalid(),
    "GET /auth/me": ok(),
    "GET /auth/csrf": ok(),
    "PUT /auth/password": invalid(),
    "GET /auth/me/export": ok(),
    "DELETE /auth/me": invalid(),
    "GET /user/export": ok(),
    "GET /reviews/export": ok(),
    "GET /developer/export": ok(),
    "GET /auth/audit": ok(),
    "GET /auth/sessions": ok(),
    "DELETE /auth/sessions": ok(204),
    "DELETE /auth/sessions/{session_id}": Probe(allowed=((204, None),), foreign="session_not_found"),
    "POST /auth/tokens": invalid(),
    "GET /auth/tokens": ok(),
    "DELETE /auth/tokens/{token_id}": Probe(allowed=((204, None),), foreign="token_not_found"),
    "POST /auth/tokens/leaks": Probe(allowed=((202, None),), body={"token": "none"}),
    "POST /auth/device/code": invalid(),
    "POST /auth/device/token": Probe(allowed=((400, "expired_token"),), body={"device_code": "none"}),
    "GET /auth/device/{user_code}": not_there("device_login_not_found", ids=NO_DEVICE),
    "POST /auth/device/{user_code}": not_there("device_login_not_found", ids=NO_DEVICE, body={"approve": True}),
    "POST /developer/register": invalid(),
    "GET /developer/profile": Probe(allowed=((200, None), (404, "developer_profile_not_found"))),
    "GET /admin/accounts": invalid_parameters(),
    "PUT /admin/accounts/{user_id}/roles": invalid(ids=NO_USER),
    "POST /organisations": invalid(),
    "GET /organisations": ok(),
    "GET /organisations/{slug}": organisation(200),
    "PATCH /organisations/{slug}": organisation(412, "revision_mismatch", headers=NEVER, body={"name": "B"}),
    "DELETE /organisations/{slug}": organisation(204),
    "GET /organisations/{slug}/members": organisation(200),
    "PATCH /organisations/{slug}/members/{user_id}": organisation(
        404, "member_not_found", body={"role": "owner"}, ids=NO_USER
    ),
    "DELETE /organisations/{slug}/members/{user_id}": organisation(204, ids=NO_USER),
    "DELETE /organisations/{slug}/membership": organisation(204),
    "POST /organisations/{slug}/invitations": organisation(201, body={"email": "nobody@example.org"}),
    "GET /organisations/{slug}/invitations": organisation(200),
    "DELETE /organisations/{slug}/invitations/{invitation_id}": organisation(
        404, "invitation_not_found", ids=NO_INVITATION
    ),
    "GET /organisations/{slug}/audit": organisation(200),
    "GET /auth/invitations": ok(),
    "POST /auth/invitations/{invitation_id}/accept": Probe(allowed=((200, None),), foreign="invitation_not_found"),
    "POST /auth/invitations/{invitation_id}/decline": Probe(allowed=((204, None),), foreign="invitation_not_found"),
    "GET /developer/plugins": ok(),
    "POST /developer/plugins": Probe(allowed=((409, "plugin_id_taken"),), body=LISTING),
    "GET /developer/plugins/{plugin_id}": ok(),
    "PATCH /developer/plugins/{plugin_id}": nothing_to_match(body={"name": "B"}),
    "POST /developer/plugins/{plugin_id}/versions": Probe(
        allowed=((400, "multipart_invalid"),), content=b"", headers={"content-type": FORM}
    ),
    "DELETE /developer/plugins/{plugin_id}/versions/{version}": not_there("version_not_found", ids=NO_VERSION),
    "GET /developer/plugins/{plugin_id}/publishers": ok(),
    "POST /developer/plugins/{plugin_id}/publishers": Probe(
        allowed=((422, "publisher_invalid"),), body={"issuer": "nobody", "claims": {}}
    ),
    "DELETE /developer/plugins/{plugin_id}/publishers/{publisher_id}": not_there(
        "publisher_not_found", ids=NO_PUBLISHER
    ),
    "POST /developer/trusted-publishing/exchange": invalid(),
    "GET /developer/submissions/{submission_id}": ok(),
    "POST /developer/plugins/{plugin_id}/transfer": Probe(
        allowed=((201, None),), body={"to": {"kind": "account", "id": "00000000-0000-4000-8000-000000000000"}}
    ),
    "GET /developer/plugins/{plugin_id}/transfer": Probe(allowed=((200, None), (404, "transfer_not_found"))),
    "DELETE /developer/plugins/{plugin_id}/transfer": Probe(allowed=((204, None), (404, "transfer_not_found"))),
    "GET /developer/transfers": ok(),
    "POST /developer/transfers/{transfer_id}/accept": Probe(
        allowed=((200, None),), foreign="transfer_not_found", member="not_member"
    ),
    "POST /developer/transfers/{transfer_id}/decline": Probe(
        allowed=((204, None),), foreign="transfer_not_found", member="not_member"
    ),
    "GET /review/queue": ok(),
    "GET /review/submissions/{submission_id}": ok(),
    "GET /review/submissions/{submission_id}/bundle": ok(),
    "POST /review/submissions/{submission_id}/decision": invalid(),
    "POST /admin/plugins/{plugin_id}/suspend": invalid(),
    "POST /admin/plugins/{plugin_id}/restore": not_there("plugin_not_found", ids=NO_PLUGIN),
}

LAST = "POST /auth/logout"
"""What ends the session that asks comes after everything else."""
