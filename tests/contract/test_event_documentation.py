"""docs/events.md says what the contracts say, and the examples it names exist."""

import re
from pathlib import Path

from contracts.asyncapi import asyncapi_document
from contracts.topic_table import topic_table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/events.md").read_text("utf-8")


def test_the_table_of_topics_is_current() -> None:
    assert topic_table() in PAGE, "paste what `python -m contracts topics` prints"


def test_every_header_is_explained() -> None:
    for name in asyncapi_document()["components"]["messageTraits"]["cloudEvent"]["headers"]["properties"]:
        assert f"`{name}`" in PAGE


def test_every_link_and_every_program_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
    for program in re.findall(r"python (\S+\.py)", PAGE):
        assert (ROOT / program).exists(), program


def test_the_lock_of_the_example_names_no_registry() -> None:
    text = (ROOT / "docs/examples/javascript/package-lock.json").read_text("utf-8")
    assert '"integrity"' in text
    assert "://" not in text
