import pytest

from publishing.domain.checks.invisible import check_invisible_code
from publishing.domain.checks.regions import regions_at
from publishing.domain.verdicts import MAX_FINDINGS, Finding, status_of

INVISIBLE = {
    "variation selectors": "\ufe0f",
    "variation selectors supplement": "\U000e0105",
    "tags": "\U000e0041",
    "zero-width": "\u200b",
    "hangul fillers": "\u3164",
    "soft hyphens": "\u00ad",
}
POSITIONS = {
    "in a string": "const a = '{}';",
    "in a template": "const a = `{}`;",
    "in a comment": "// {}\nrun();",
    "in code": "const a{} = 1;",
    "at the very end": "run();{}",
}


def findings(bundle: str, manifest_text: str = "") -> list[Finding]:
    return check_invisible_code(bundle=bundle, manifest_text=manifest_text)


def rules(bundle: str) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in findings(bundle)}


@pytest.mark.parametrize("position", list(POSITIONS))
@pytest.mark.parametrize("encoding", list(INVISIBLE))
def test_hidden_text_is_refused_wherever_it_stands(encoding: str, position: str) -> None:
    bundle = POSITIONS[position].format(INVISIBLE[encoding] * 8)
    assert rules(bundle)["U1"] == "block"


def test_hidden_text_of_mixed_characters_is_refused() -> None:
    assert rules("'" + "\u200b\ufe0f\u2060\U000e0041" * 2 + "'")["U1"] == "block"


@pytest.mark.parametrize(
    "bundle",
    [
        "const emoji = '\u2764\ufe0f \U0001f469\u200d\U0001f4bb';",
        "const persian = '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645';",
        "const arabic = 'D/\u200fM/\u200fYYYY';",
        "\ufeffmodule.exports = 1;",
        "const seven = '" + "\u200b" * 7 + "';",
    ],
)
def test_a_few_invisible_characters_are_told_and_pass(bundle: str) -> None:
    assert status_of(findings(bundle)) == "pass"


def test_plain_text_has_no_findings() -> None:
    assert findings("const a = 1;\n" * 100) == []


@pytest.mark.parametrize(
    ("bundle", "severity"),
    [
        ("const a = '\u202eabc\u202c';", "hold"),
        ("const a = /[\u202a-\u202e]/g;", "hold"),
        ("const a = `x${b}\u2066`;", "hold"),
        ("// \u202e hidden", "block"),
        ("/* \u2066 */ run();", "block"),
        ("const a\u202e = 1;", "block"),
        ("const a = `${\u202e b}`;", "block"),
        ("const a = b / c; \u202e // '", "block"),
    ],
)
def test_bidirectional_controls_are_held_in_literals_and_refused_elsewhere(bundle: str, severity: str) -> None:
    assert rules(bundle)["U2"] == severity


def test_private_use_characters_in_a_long_run_are_held() -> None:
    assert rules("const icons = '" + "\ue000" * 16 + "';")["U3"] == "hold"
    assert status_of(findings("const icons = '" + "\ue000" * 15 + "';")) == "pass"


@pytest.mark.parametrize(
    ("bundle", "severity"),
    [
        ("run();" + " " * 300 + "evil();", "block"),
        (" " * 300 + "evil();", "block"),
        ("run();" + "\u3000" * 300 + "evil();", "block"),
        ("/* a */" + "\t" * 300 + "evil();", "block"),
        ("/*" + " " * 300 + "*/ evil();", "block"),
        ("const pad = '" + " " * 300 + "x';", "hold"),
        ("/**\n * | a" + " " * 317 + "| b |\n */\nrun();", "info"),
        ("// a" + " " * 300 + "b\nrun();", "info"),
    ],
)
def test_code_behind_many_blanks_is_refused_and_wide_tables_in_comments_are_not(bundle: str, severity: str) -> None:
    assert rules(bundle)["U4"] == severity


@pytest.mark.parametrize("bundle", ["run();" + " " * 299 + "go();", "run();" + " " * 500 + "\ngo();", " " * 400])
def test_fewer_blanks_or_blanks_before_nothing_pass(bundle: str) -> None:
    assert findings(bundle) == []


def test_many_harmless_findings_do_not_push_a_grave_one_out() -> None:
    harmless = ("// a" + " " * 300 + "b\n") * (MAX_FINDINGS + 10)
    found = findings(harmless + "const a = '" + "\U000e0041" * 8 + "';")
    assert len(found) == MAX_FINDINGS
    assert found[0].rule == "U1"


def test_the_line_of_a_finding_is_that_of_the_character() -> None:
    assert findings("a();\nb();\n// \u202e\n")[0].line == 3


@pytest.mark.parametrize("text", ["Name\u202eeman", "a" + "\u200b" * 8])
def test_a_manifest_with_hidden_text_is_refused(text: str) -> None:
    assert status_of(findings("run();", manifest_text=text)) == "block"


@pytest.mark.parametrize(
    ("script", "mark", "region"),
    [
        ("a = 1; X", "X", "code"),
        ("a = 'X'", "X", "literal"),
        ('a = "it\'s"; X', "X", "code"),
        ("a = 'it\\'s X'", "X", "literal"),
        ("a = b / c; X = d / e", "X", "code"),
        ("a = /[/']X/", "X", "literal"),
        ("return /'X/", "X", "literal"),
        ("f(/'/, X)", "X", "code"),
        ("a = b[0] / 2; X = '", "X", "code"),
        ("`a ${ {b: '}'} } X`", "X", "literal"),
        ("`a ${ `b ${ X } c` } d`", "X", "code"),
        ("// don't\nX", "X", "code"),
        ("/* don't */ X", "X", "code"),
        ("#!/usr/bin/env node don't\nX", "X", "code"),
        ("'unclosed\nX", "X", "code"),
        ("`unclosed X", "X", "literal"),
        ("/* unclosed X", "X", "comment"),
        ("x\u2028// c\u2028X", "X", "code"),
    ],
)
def test_positions_are_told_to_be_code_comment_or_literal(script: str, mark: str, region: str) -> None:
    assert regions_at(script, [script.index(mark)]) == [region]


def test_the_region_behind_the_end_is_code() -> None:
    assert regions_at("", [0]) == ["code"]
    assert regions_at("a", [0, 5]) == ["code", "code"]


@pytest.mark.parametrize(
    "hostile",
    [
        " " * 299 + "\n", "`${" * 1_000, "/" * 500, "'\\", "{" * 200 + "}" * 200, "(" * 300, "/*", "\u200bX" * 9,
        "\ue000" * 15 + "X", "a" * 5_000 + "/",
    ],
)  # fmt: skip
def test_hostile_repetition_takes_no_longer_than_any_other_text(hostile: str) -> None:
    size = 1024 * 1024
    bundle = (hostile * (size // len(hostile)))[:size] + "\u202e"
    assert "U2" in rules(bundle)  # quadratic work on a MiB would take minutes
