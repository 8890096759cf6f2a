"""``python -m contracts schemas <directory>`` writes the JSON Schemas of the events."""

import sys
from pathlib import Path

from contracts.schemas import write_schemas


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    match arguments:
        case ["schemas", directory]:
            write_schemas(Path(directory))
            return 0
        case _:
            sys.stderr.write("usage: python -m contracts schemas DIRECTORY\n")
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
