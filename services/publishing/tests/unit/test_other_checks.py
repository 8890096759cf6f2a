import json
from typing import Any

import pytest

from publishing.domain.checks.registry import CHECKS, ScanInput
from publishing.domain.checks.source_map import check_source_map
from publishing.domain.checks.text import check_text
from publishing.domain.verdicts import MANIFEST_CHECK, REQUIRED_CHECKS

GOOD_MAP: dict[str, Any] = {"version": 3, "sources": ["a.js", None], "names": ["a"], "mappings": "AAAA"}


@pytest.mark.parametrize(
    ("bundle", "rule", "line"),
    [
        (b"const a = 1;\nconst b = '\xff';", "U7", 2),
        ("const a = 1;".encode("utf-16"), "U7", 1),
        (b"\xed\xa0\x80", "U7", 1),
        (b"a\n\nb\0c", "T1", 3),
        (b" \n\t ", "T2", None),
        (b"\xef\xbb\xbf", "T2", None),
    ],
)
def test_a_bundle_that_is_no_text_is_refused_with_the_line(bundle: bytes, rule: str, line: int | None) -> None:
    (finding,) = check_text(bundle)
    assert (finding.rule, finding.severity, finding.line) == (rule, "block", line)


@pytest.mark.parametrize("bundle", [b"a", "const \u540d = '\U0001f600';".encode(), b"\xef\xbb\xbfrun();"])
def test_utf8_text_passes(bundle: bytes) -> None:
    assert check_text(bundle) == []


@pytest.mark.parametrize(
    "content",
    [
        None,
        json.dumps(GOOD_MAP).encode(),
        json.dumps({**GOOD_MAP, "sourcesContent": ["\0commonjs"], "x_google_ignoreList": [0]}).encode(),
        json.dumps({"version": 3, "sections": []}).encode(),
    ],
)
def test_a_source_map_of_version_3_passes_as_does_none(content: bytes | None) -> None:
    assert check_source_map(content) == []


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "M1"),
        (b"{", "M1"),
        (b"\xff", "M1"),
        (b"[" * 200_000, "M1"),
        (b'{"a":' * 100_000, "M1"),
        (b"[]", "M2"),
        (b"null", "M2"),
        (json.dumps({**GOOD_MAP, "version": 2}).encode(), "M2"),
        (json.dumps({**GOOD_MAP, "version": "3"}).encode(), "M2"),
        (json.dumps({**GOOD_MAP, "mappings": None}).encode(), "M2"),
        (json.dumps({**GOOD_MAP, "sources": [1]}).encode(), "M2"),
        (json.dumps({**GOOD_MAP, "names": "a"}).encode(), "M2"),
        (json.dumps({"version": 3, "sections": {}}).encode(), "M2"),
        (b'{"version": ' + b"9" * 5_000 + b"}", "M1"),
    ],
)
def test_anything_else_is_no_source_map(content: bytes, rule: str) -> None:
    found = check_source_map(content)
    assert found
    assert {(finding.rule, finding.severity) for finding in found} == {(rule, "block")}


def test_every_required_check_is_run_by_somebody() -> None:
    assert set(REQUIRED_CHECKS) == {MANIFEST_CHECK, *(check.name for check in CHECKS)}


@pytest.mark.parametrize("bundle", [b"", b"\xff\xfe\x00", bytes(range(256)) * 10])
def test_no_check_fails_on_bytes_that_are_no_text(bundle: bytes) -> None:
    files = ScanInput(manifest={"name": "x", "keywords": ["a"]}, bundle=bundle, source_map=bundle)
    for check in CHECKS:
        check.run(files)
