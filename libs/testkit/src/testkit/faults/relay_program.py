"""``python -m testkit.faults.relay_program``: nothing but a relay, in a process that may be killed or stopped.

It reads RELAY_DATABASE_URL, RELAY_SCHEMA, RELAY_KAFKA and RELAY_PREFIX from the environment.
"""

from __future__ import annotations

import asyncio
import os

from chassis.kafka import Kafka
from chassis.process import Heartbeat
from chassis.relay import Relay
from chassis.telemetry import configure_logging


def main() -> None:
    """Relay until killed."""
    configure_logging("info")
    relay = Relay(
        database_url=os.environ["RELAY_DATABASE_URL"],
        schema=os.environ["RELAY_SCHEMA"],
        kafka=Kafka(bootstrap_servers=os.environ["RELAY_KAFKA"], prefix=os.environ["RELAY_PREFIX"]),
        heartbeat=Heartbeat(),
    )
    asyncio.run(relay.run())


if __name__ == "__main__":
    main()
