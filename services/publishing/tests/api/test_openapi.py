import subprocess
import sys
from pathlib import Path


def test_the_committed_api_document_is_current() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "publishing", "openapi"], check=True, capture_output=True, text=True, env={}
    ).stdout
    committed = Path(__file__).resolve().parents[2] / "openapi.json"
    assert printed == committed.read_text("utf-8"), (
        "run: python -m publishing openapi > services/publishing/openapi.json"
    )
