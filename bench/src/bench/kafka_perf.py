"""Kafka's own performance tools, from the jars that the local broker runs with."""

from __future__ import annotations

import re
import subprocess

from platform_local.java import ensure_java
from platform_local.paths import cache_dir
from platform_local.servers.kafka import KAFKA_JARS

TIMEOUT_SECONDS = 300


def producer_rate(bootstrap_servers: str, topic: str, *, records: int, record_bytes: int) -> float:
    """Run ``kafka-producer-perf-test`` with acks=all, as fast as it can; returns records a second."""
    output = _run(
        "org.apache.kafka.tools.ProducerPerformance",
        *("--topic", topic, "--num-records", str(records), "--record-size", str(record_bytes), "--throughput", "-1"),
        *("--producer-props", f"bootstrap.servers={bootstrap_servers}", "acks=all"),
    )
    found = re.findall(r"([\d.]+) records/sec", output)
    if not found:
        raise RuntimeError(f"kafka-producer-perf-test said: {output[-500:]}")
    return float(found[-1])  # the last line is about the whole run


def consumer_rate(bootstrap_servers: str, topic: str, *, records: int) -> float:
    """Run ``kafka-consumer-perf-test``; returns records a second while it fetched, without joining its group."""
    output = _run(
        "org.apache.kafka.tools.ConsumerPerformance",
        *("--bootstrap-server", bootstrap_servers, "--topic", topic, "--messages", str(records)),
        *("--timeout", "60000"),
    )
    figures = [line.split(",") for line in output.splitlines() if line.count(",") >= 9]  # noqa: PLR2004 - its columns
    if len(figures) < 2:  # noqa: PLR2004 - the head and the figures
        raise RuntimeError(f"kafka-consumer-perf-test said: {output[-500:]}")
    return float(figures[-1][-1])


def _run(tool: str, *arguments: str) -> str:
    home = KAFKA_JARS.home(cache_dir())
    java = [str(ensure_java(cache_dir())), "-Xmx256m", f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}"]
    command = [*java, "-cp", f"{home / 'lib'}/*", tool, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    return done.stdout + (done.stderr if done.returncode else "")
