"""Commands of the contracts.

``schemas DIRECTORY`` writes the JSON Schemas of the events, ``asyncapi`` prints the AsyncAPI document, ``policy`` the
table of rights, ``topics`` the table of topics in docs/events.md. ``release`` accepts the contracts as they are now as
released, and refuses where that would break a reader (``--breaking`` accepts it all the same).
"""

import sys
from pathlib import Path

from contracts.asyncapi import asyncapi_document
from contracts.compatibility import find_breaks
from contracts.policy_document import policy_document
from contracts.readers import explain
from contracts.released import RELEASED_FILE, current_contracts, released_contracts
from contracts.schemas import json_text, write_schemas
from contracts.topic_table import topic_table

_USAGE = "usage: python -m contracts schemas DIRECTORY | asyncapi | policy | topics | release [--breaking]\n"

_DOCUMENTS = {
    "asyncapi": lambda: json_text(asyncapi_document()),
    "policy": policy_document,
    "topics": topic_table,
}


def main(arguments: list[str], released_file: Path = RELEASED_FILE) -> int:
    """Run the command; returns the exit code."""
    match arguments:
        case ["schemas", directory]:
            write_schemas(Path(directory))
            return 0
        case [name] if name in _DOCUMENTS:
            sys.stdout.write(_DOCUMENTS[name]())
            return 0
        case ["release"]:
            return _release(released_file, may_break=False)
        case ["release", "--breaking"]:
            return _release(released_file, may_break=True)
        case _:
            sys.stderr.write(_USAGE)
            return 2


def _release(file: Path, *, may_break: bool) -> int:
    now = current_contracts()
    if file.exists():
        released = released_contracts(file)
        found = find_breaks(released, now)
        for each in found:
            sys.stderr.write(f"✗ {explain(each, released)}\n")
        if found and not may_break:
            sys.stderr.write("  → a breaking change is a new event type, or a new topic beside the old one\n")
            return 1
    file.write_text(now.text(), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
