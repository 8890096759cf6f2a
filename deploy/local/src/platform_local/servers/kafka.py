"""Kafka in KRaft mode: one node that is both broker and controller."""

from __future__ import annotations

import base64
import subprocess
import uuid
from pathlib import Path

from platform_local.accounts import make_folder, own, write_private
from platform_local.errors import StepFailedError
from platform_local.health import kafka_probe
from platform_local.jars import JarSet
from platform_local.ports import HOST
from platform_local.program import Program, settings_mark
from platform_local.servers.context import ServerContext
from platform_local.servers.jvm import java_command

VERSION = "4.1.1"
KAFKA_JARS = JarSet(
    server="kafka",
    version=VERSION,
    folders={
        "lib": (
            f"org.apache.kafka:kafka_2.13:{VERSION}",
            f"org.apache.kafka:kafka-tools:{VERSION}",
            "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3",
        )
    },
    files={
        "log4j2.properties": """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""
    },
)


def kafka(context: ServerContext) -> Program:
    """Write the configuration, format the storage the first time, and return the program.

    Raises
    ------
    StepFailedError
        Where the storage cannot be formatted.
    """
    data = make_folder(context.paths.data("kafka"), context.user)
    folder = make_folder(context.paths.settings("kafka"), context.user)
    settings = folder / "server.properties"
    text = "".join(f"{name}={value}\n" for name, value in _settings(context, data).items())
    settings.write_text(text)
    own(settings, context.user)
    home = KAFKA_JARS.home(context.paths.cache)
    temporary = make_folder(context.paths.run / "kafka-tmp", context.user)
    command = java_command(context.java, heap_mebibytes=320, temporary=temporary, lib=home / "lib")
    command[1:1] = [f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}"]
    if not (data / "meta.properties").exists():
        _format(command, settings, folder, context.user)
    return Program(
        name="kafka",
        command=(*command, "kafka.Kafka", str(settings)),
        directory=data,
        ready=kafka_probe(context.ports.kafka),
        ports=(context.ports.kafka, context.ports.kafka_controller),
        environment=settings_mark(text),
        user=context.user,
        stop_seconds=30,
        start_seconds=120,
    )


def _settings(context: ServerContext, data: Path) -> dict[str, str]:
    broker = f"{HOST}:{context.ports.kafka}"
    controller = f"{HOST}:{context.ports.kafka_controller}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "8",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # After a SIGKILL the broker may register again only when its old session has ended.
        "broker.session.timeout.ms": "5000",
        "broker.heartbeat.interval.ms": "1000",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "num.recovery.threads.per.data.dir": "2",
        # The default of 128 MiB would be half the heap.
        "log.cleaner.dedupe.buffer.size": "8388608",
        "log.cleaner.threads": "1",
        "log.segment.bytes": "67108864",
    }


def new_cluster_id() -> str:
    """Return a new id in Kafka's form, 22 characters of URL-safe base64.

    One that begins with a dash would be taken for an option, which is why Kafka makes none either.
    """
    while True:
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made


def _format(command: list[str], settings: Path, folder: Path, user: str | None) -> None:
    log = write_private(folder / "format.log", "", user)
    with log.open("w") as output:
        status = subprocess.run(
            [
                *command,
                "kafka.tools.StorageTool",
                "format",
                "-t",
                new_cluster_id(),
                "-c",
                str(settings),
                "--ignore-formatted",
            ],
            check=False,
            stdout=output,
            stderr=output,
            cwd="/",
            user=user,
            group=user,
            extra_groups=[] if user else None,
        ).returncode
    if status != 0:
        raise StepFailedError(
            "Kafka's storage could not be formatted.",
            remedy="Read the log, mend it and run the command again.",
            log=log,
        )
