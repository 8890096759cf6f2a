"""The roles of a service: ``python -m <service> serve | work | relay | migrate | openapi | …``."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError


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
    try:
        roles[given[0]](given[1:])
    except ValidationError as error:
        if not error.title.endswith("Settings"):  # the name of the model; those of settings end so
            raise
        sys.stderr.write(_wrong_settings(f"python -m {service} {given[0]}", error))
        raise SystemExit(2) from None


def _wrong_settings(command: str, error: ValidationError) -> str:
    """Name the variables, never their values: some are secrets."""
    faults = [f"  {'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors()]
    lines = [f"{command} cannot start; these settings are missing or wrong:", *faults]
    return "\n".join([*lines, "Set each in the environment, or name a file that holds it as <NAME>_FILE.", ""])


def print_document(document: Mapping[str, Any]) -> None:
    """Print a generated JSON document in its committed form."""
    sys.stdout.write(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
