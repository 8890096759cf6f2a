"""`docs/authorisation.md`: the table of rights for readers."""

from contracts.identity import RECENT_AUTHENTICATION_SECONDS
from contracts.policy import Needs, Ownership, Rule
from contracts.policy_table import RULES

_HEAD = f"""# Who may do what

Made from `contracts.policy_table` by `make schemas`. Every service asks this one table, every cell is tried over HTTP
by `tests/integration/test_authorisation.py`, and a route without a row fails `tests/contract/test_policy.py`.

- **Who**: nobody (no session), a visitor (an anonymous identity), an account, and accounts with a role. Roles do not
  include each other. ✓ may, – may not (401 without an account, 403 without the role).
  A change below `/user` makes a visitor of nobody.
- **Whose**: what the thing has to be to the caller: `own`, or an organisation's of which the caller is owner,
  maintainer or member. Where it says nothing, the address always means the caller's own, or what is nobody's.
  Somebody else's is answered 403, or 404 where it says *hidden* and the caller is no member.
- **Token**: what an API token must be for, on all plugins or on a pattern that fits this one; – takes no token.
- **Recent**: the caller must have proved who they are within {RECENT_AUTHENTICATION_SECONDS // 60} minutes
  (`POST /auth/step-up`).

Routes are below `/api/v1`.

"""
_COLUMNS = ("nobody", "visitor", "user", "developer", "reviewer", "administrator")


def policy_document() -> str:
    """Give the document in Markdown."""
    head = (
        f"| operation | routes | {' | '.join(_COLUMNS)} | whose | token | recent |\n|---|---|{':-:|' * 6}---|---|:-:|\n"
    )
    return _HEAD + head + "".join(map(_row, RULES.values()))


def _row(rule: Rule) -> str:
    routes = "<br>".join(f"`{route}`" for route in rule.routes)
    who = " | ".join("✓" if _may(rule.needs, column) else "–" for column in _COLUMNS)
    token = f"`{rule.action}`" if rule.action else "–"
    recent = "✓" if rule.recent else ""
    return f"| `{rule.operation}` | {routes} | {who} | {_whose(rule)} | {token} | {recent} |\n"


def _may(needs: Needs, column: str) -> bool:
    least = {Needs.ANYONE: 0, Needs.IDENTITY: 1, Needs.ACCOUNT: 2}.get(needs)
    return column == needs.value if least is None else _COLUMNS.index(column) >= least


def _whose(rule: Rule) -> str:
    if rule.of is None:
        return ""
    return ", ".join(each.value for each in Ownership if each in rule.of) + (" *hidden*" if rule.hidden else "")
