import json
import subprocess
import sys
from pathlib import Path

from openapi_spec_validator import validate

COMMITTED = Path(__file__).parents[2] / "openapi.json"


def test_the_committed_document_is_current_and_valid() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "installs", "openapi"], check=True, capture_output=True, text=True, env={}
    ).stdout
    assert printed == COMMITTED.read_text("utf-8"), "run `make openapi`"
    validate(json.loads(printed))
