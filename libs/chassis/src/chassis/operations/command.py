"""The command line: ``python -m <service> events …``, one implementation for every service."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence

from pydantic import SecretStr

from chassis.consumer_group import ConsumerGroup
from chassis.errors import PlatformError
from chassis.kafka import Kafka
from chassis.operations.arguments import events_parser
from chassis.operations.context import Context, Rebuild
from chassis.operations.printing import Output
from chassis.operations.refusals import OperationRefusedError
from chassis.settings import KafkaSettings

INTERRUPTED = 130


def run_events(
    service: str,
    arguments: Sequence[str],
    *,
    settings: KafkaSettings,
    groups: Sequence[ConsumerGroup] = (),
    rebuilds: Mapping[str, Rebuild] | None = None,
    database_url: SecretStr | None = None,
) -> None:
    """Run a command and end the process with its exit code: 0, 1 where something is wrong, 2 for a wrong command line.

    Parameters
    ----------
    service
        As in ``python -m <service>``.
    arguments
        Behind ``events``.
    settings
        Where Kafka is.
    groups
        What the service consumes.
    rebuilds
        How its projections are rebuilt, by the name of their group.
    database_url
        Of the schema with its outbox.
    """
    options = events_parser(service).parse_args(arguments)
    run: Callable[[Context], int] = options.make(options)
    _be_quiet()
    out = Output(as_json=options.as_json)
    kafka = Kafka(bootstrap_servers=settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)
    context = Context(
        service=service,
        kafka=kafka,
        out=out,
        groups=groups,
        rebuilds=rebuilds or {},
        database_url=database_url.get_secret_value() if database_url else None,
    )
    raise SystemExit(_run(run, context))


def _run(run: Callable[[Context], int], context: Context) -> int:
    try:
        return run(context)
    except OperationRefusedError as error:
        context.out.say(f"{error.detail} {error.remedy}")
        return error.exit_code
    except PlatformError as error:
        context.out.say(f"{error.detail}. {error.remedy}")
        return 1
    except KeyboardInterrupt:
        context.out.say(
            "Interrupted. Orders that were written are carried out; a rebuild goes on when it is run again."
        )
        return INTERRUPTED


def _be_quiet() -> None:
    """Keep the library's own words about connections off the terminal: what matters comes as an error."""
    log = logging.getLogger("kafka")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
