"""The API document: generated without servers, committed, and true of the routes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import catalog.main

COMMITTED = Path(catalog.main.__file__).parents[2] / "openapi.json"


@pytest.fixture(scope="module")
def generated() -> str:
    bare = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "catalog", "openapi"], check=True, capture_output=True, text=True, env=bare
    ).stdout


@pytest.fixture(scope="module")
def document(generated: str) -> Any:
    return json.loads(generated)


def test_the_committed_document_is_that_of_the_code(generated: str) -> None:
    assert COMMITTED.read_text("utf-8") == generated, "run `python -m catalog openapi > services/catalog/openapi.json`"


def test_every_operation_is_described_and_states_how_it_refuses(document: Any) -> None:
    operations = [(path, method, each) for path, item in document["paths"].items() for method, each in item.items()]
    assert len(operations) == 13
    for path, method, operation in operations:
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert operation["responses"]["default"], (method, path)
        assert operation["operationId"].startswith("catalog_")


def test_files_are_bytes_of_their_type_whatever_is_in_them(document: Any) -> None:
    version = "/api/v1/plugins/{plugin_id}/versions/{version}"
    for path, media_type in (
        (f"{version}/bundle", "text/javascript; charset=utf-8"),
        (f"{version}/source-map", "application/json"),
    ):
        for status in ("200", "206"):
            assert document["paths"][path]["get"]["responses"][status]["content"] == {media_type: {}}, (path, status)


def test_operation_ids_are_unique(document: Any) -> None:
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))
