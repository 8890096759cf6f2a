"""The roles of a service: ``python -m <service> serve | work | relay | migrate | openapi | …``."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any


def run_role(
    service: str, roles: Mapping[str, Callable[[list[str]], None]], arguments: list[str] | None = None
) -> None:
    """Run the role that the first argument names.

    Parameters
    ----------
    service
        For messages.
    roles
        Name → what to run, given the remaining arguments.
    arguments
        The command line without the program; the process's own where None.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] not in roles:
        sys.stderr.write(f"usage: python -m {service} {' | '.join(roles)}\n")
        raise SystemExit(2)
    roles[given[0]](given[1:])


def print_document(document: Mapping[str, Any]) -> None:
    """Print a generated JSON document in its committed form."""
    sys.stdout.write(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
