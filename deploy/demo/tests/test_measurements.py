import io

import pytest
from rich.console import Console

from demo.measurements import Findings, percentile
from demo.report import print_report


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]

    assert percentile(values, 50) == 50
    assert percentile(values, 95) == 95
    assert percentile(values, 100) == 100
    assert percentile([7.0], 50) == 7
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_the_report_compares_each_measurement_with_its_target() -> None:
    findings = Findings()
    findings.searchable.seconds += [0.5, 0.6]
    findings.activated.seconds += [0.4, 0.9]
    findings.count("installs", 1200)
    findings.notes.append("Something [odd].")
    screen = io.StringIO()

    print_report(Console(file=screen, width=80), findings)

    rows = {line.strip().split("  ")[0]: line for line in screen.getvalue().splitlines()}
    assert "1,200" in rows["installs"]
    assert "600 ms" in rows["approved → searchable"]
    assert "✓" in rows["approved → searchable"]
    assert "✗" in rows["cold activation"]
    assert "✓" not in rows["install → count visible"]
    assert "Something [odd]." in screen.getvalue()
