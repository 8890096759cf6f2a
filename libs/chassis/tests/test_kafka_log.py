"""An outage is said now and then, not several times a second."""

import logging

import pytest

from chassis.kafka_log import KAFKA_LOG


def test_lines_of_one_kind_are_passed_once_and_critical_ones_always(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for number in range(50):
            KAFKA_LOG.error("TESTFAIL [client-%d]: connection refused", number)
        KAFKA_LOG.error("TESTGETPID: coordinator away")
        KAFKA_LOG.critical("TESTFATAL: fenced")
        KAFKA_LOG.critical("TESTFATAL: fenced")
    assert [record.getMessage().partition(" ")[0].rstrip(":") for record in caplog.records] == [
        "TESTFAIL",
        "TESTGETPID",
        "TESTFATAL",
        "TESTFATAL",
    ]
