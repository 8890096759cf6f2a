"""``python -m gateway openapi [--merge FILE ...] [--output FILE]``."""

import argparse
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from chassis.cli import print_document
from gateway.openapi_merge import MergeError, merge_documents


def run_openapi(arguments: list[str]) -> None:
    """Print the API document: the packaged one, or one merged from the services' files.

    A file belongs to the service that its folder is named after, as in ``services/auth/openapi.json``.
    """
    parser = argparse.ArgumentParser(prog="python -m gateway openapi")
    parser.add_argument("--merge", nargs="+", type=Path, metavar="FILE", help="services' documents")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of printing")
    options = parser.parse_args(arguments)
    if not options.merge:
        print_document(json.loads(files("gateway").joinpath("openapi.json").read_text("utf-8")))
        return
    try:
        document = merge_documents({path.resolve().parent.name: _read(path) for path in options.merge})
    except MergeError as error:
        parser.exit(1, f"{error}\n")
    if options.output is None:
        print_document(document)
    else:
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
        options.output.write_text(text + "\n", "utf-8")


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document
