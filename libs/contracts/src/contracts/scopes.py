"""What an API token may be limited to: ``action`` or ``action:plugin pattern``, as in ``versions:publish:chart-*``."""

import re

from contracts.policy import Rule
from contracts.policy_table import RULES

MAX_SCOPE_LENGTH = 100
_PATTERN = re.compile(r"[a-z0-9*-]{1,64}", re.ASCII)
"""The characters of plugin ids, and ``*`` for any number of them."""

ACTIONS: tuple[str, ...] = tuple(sorted({rule.action for rule in RULES.values() if rule.action is not None}))
"""Every action that a token can be for."""


def action_of(scope: str) -> str | None:
    """Give the action of a scope; None for what is no scope."""
    action = next((each for each in ACTIONS if scope == each or scope.startswith(f"{each}:")), None)
    if action is None or len(scope) > MAX_SCOPE_LENGTH:
        return None
    return action if scope == action or _PATTERN.fullmatch(scope[len(action) + 1 :]) else None


def rules_for(action: str) -> tuple[Rule, ...]:
    """Give the rules that a token with this action reaches."""
    return tuple(rule for rule in RULES.values() if rule.action == action)
