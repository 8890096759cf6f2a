from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from auth.domain.audit import Action, AuditRecord, actor_of, outcome_of
from auth.domain.audit_chain import Head, SealedEntry, find_fault, seal

_RECORD = AuditRecord(
    id=7,
    occurred_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    action="account.roles-granted",
    outcome="succeeded",
    user_id=UUID(int=1),
    actor_kind="operator",
    actor_id=None,
    target_kind="account",
    target_id=str(UUID(int=1)),
    reason=None,
    trace_id="0" * 32,
    address=None,
    before={"roles": ["user"]},
    after={"roles": ["user", "reviewer"], "name": "Jörg"},
    detail={},
)
_SEAL = seal(_RECORD, after=Head(), sealed_at=datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC), salt=UUID(int=2))


def test_the_canonical_form_is_for_ever() -> None:
    # Another value means that no chain that was ever written would be right any more.
    assert _SEAL.personal_digest.hex() == "fd16eb61b82c303759705e727b1dd735fe0c4573ebfab19548d0e5ff57150759"
    assert _SEAL.hash.hex() == "2ef8a723b36c19eb6488dca12a7845e85d0deaa3929e67ca5b32d4c92a018c4b"


def test_neither_the_zone_of_a_time_nor_the_order_of_fields_matters() -> None:
    elsewhere = replace(
        _RECORD,
        occurred_at=_RECORD.occurred_at.astimezone(timezone(timedelta(hours=5))),
        after={"name": "Jörg", "roles": ["user", "reviewer"]},
    )
    assert find_fault(SealedEntry(record=elsewhere, seal=_SEAL, erasure_recorded=False), after=Head()) is None


def test_an_action_tells_how_it_ended_and_who_did_it() -> None:
    refused = {action for action in Action if outcome_of(action) == "refused"}
    assert {Action.REGISTRATION_REFUSED, Action.SIGN_IN_REFUSED, Action.ORGANISATION_REFUSED} <= refused
    assert refused == {action for action in Action if action.name.endswith("_REFUSED")}
    ann = UUID(int=1)
    assert actor_of(Action.SIGNED_IN, user_id=ann, address="192.0.2.1") == ("account", ann)
    assert actor_of(Action.SIGN_IN_REFUSED, user_id=ann, address="192.0.2.1") == ("visitor", None)
    assert actor_of(Action.TOKEN_LEAKED, user_id=ann, address="192.0.2.1") == ("visitor", None)
    assert actor_of(Action.SIGN_IN_REFUSED, user_id=None, address="192.0.2.1") == ("visitor", None)
    assert actor_of(Action.PASSWORD_SET, user_id=ann, address=None) == ("operator", None)
